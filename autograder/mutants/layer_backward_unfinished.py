"""dx is left at zero."""

import numpy as np
from bnlab_solutions import *

LINE = 50
MISTAKE = "input-gradient-unfinished"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your input gradient is zero everywhere: it still holds the value from the start of the function. "
    "Nothing below this layer can learn. Continue with the paths from the output back to the input."
)


def layernorm_backward(dout, cache):
    dx = np.zeros_like(dout)
    x_hat = cache[0]
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    return dx, dgamma, dbeta
