"""dx is left None."""

import numpy as np
from bnlab_solutions import *

LINE = 50
MISTAKE = "input-gradient-unfinished"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "There is no input gradient yet: the value from the start of the function comes back. Nothing "
    "below this layer can learn. Continue with the paths from the output back to the input."
)


def spatial_groupnorm_backward(dout, cache):
    dx, dgamma, dbeta = None, None, None
    x_hat = cache[0]
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    return dx, dgamma, dbeta
