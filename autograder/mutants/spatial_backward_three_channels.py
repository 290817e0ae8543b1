"""The number of channels is hard-coded as 3."""

import numpy as np
from bnlab_solutions import *

LINE = 56
MISTAKE = "channel-count-fixed"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "The number of channels stands in your code as a fixed number. Colour images have that many, the "
    "layers behind them do not. Look for a number that should come from the input."
)


def spatial_batchnorm_backward(dout, cache):
    N, _, H, W = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(np.moveaxis(dout, 1, -1).reshape(-1, 3), cache)
    return np.moveaxis(dx.reshape(N, H, W, 3), -1, 1), dgamma, dbeta
