"""dgamma and dbeta are summed over whole groups, then repeated for their channels."""

import numpy as np
from bnlab_solutions import *

LINE = 60
MISTAKE = "parameters-per-group"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift are summed over whole groups, so all channels of a group get "
    "the same number. Each channel has its own scale and shift. Look at which entries of the upstream "
    "gradient one parameter meets."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    G = inv_std.shape[1]
    d, xh = dout.reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dgamma = np.repeat((d * xh).sum(axis=(0, 2)), C // G).reshape(1, C, 1, 1)
    dbeta = np.repeat(d.sum(axis=(0, 2)), C // G).reshape(1, C, 1, 1)
    g = (dout * gamma).reshape(N, G, -1)
    dx = inv_std * (g - g.mean(2, keepdims=True) - xh * (g * xh).mean(2, keepdims=True))
    return dx.reshape(N, C, H, W), dgamma, dbeta
