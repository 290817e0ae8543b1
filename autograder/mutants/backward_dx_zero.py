"""dx is left at zero."""

import numpy as np
from bnlab_solutions import *

LINE = 50
MISTAKE = "input-gradient-unfinished"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your input gradient is zero everywhere: it still holds the value from the start of the function. "
    "Nothing below this layer can learn. Continue with the paths from the output back to the input."
)


def batchnorm_backward(dout, cache):
    x_hat, *_ = cache
    dx = np.zeros_like(dout)
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    return dx, dgamma, dbeta
