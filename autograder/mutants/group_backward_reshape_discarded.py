"""The result of the last reshape is thrown away: dx keeps the layout of the groups."""

import numpy as np
from bnlab_solutions import *

LINE = 59
MISTAKE = "reshape-result-discarded"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "You ask for the shape of the images at the end, but the result of that call is not kept, so the "
    "input gradient stays laid out in groups. Look at which line's result is never used."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    G = inv_std.shape[1]
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3), keepdims=True)
    g, xh = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = inv_std * (g - g.mean(axis=2, keepdims=True) - xh * (g * xh).mean(axis=2, keepdims=True))
    dx.reshape(N, C, H, W)
    return dx, dgamma, dbeta
