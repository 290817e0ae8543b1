"""The upstream gradient is passed on as it is."""

import numpy as np
from bnlab_solutions import *

LINE = 50
MISTAKE = "input-gradient-unfinished"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your input gradient is the upstream gradient, passed on unchanged, as if the layer did nothing. "
    "Continue with the paths from the output back to the input."
)


def batchnorm_backward(dout, cache):
    x_hat = cache[0]
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx = dout
    return dx, dgamma, dbeta
