"""The means in dx run over all channels of an image."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "groups-ignored"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "In your input gradient the means run over all channels of an image, whatever the number of "
    "groups. Only values that shared a mean in the forward pass reach each other. Compare one group "
    "with several."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C = dout.shape[:2]
    axes = (1, 2, 3)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    g = dout * gamma
    dx = g - g.mean(axis=axes, keepdims=True) - x_hat * (g * x_hat).mean(axis=axes, keepdims=True)
    scale = np.repeat(inv_std, C // inv_std.shape[1], axis=1)
    return dx * scale.reshape(N, C, 1, 1), dgamma, dbeta
