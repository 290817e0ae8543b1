"""The result of the reshape into groups is thrown away: one group whatever G is."""

import numpy as np
from bnlab_solutions import *

LINE = 59
MISTAKE = "groups-ignored"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "The number of groups has no effect: you normalise over all channels of an image, as layer "
    "normalisation would. If you do ask for groups somewhere, check that the result is kept. Compare "
    "your results for one group and for several."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    x.reshape(N, G, C // G, H, W)
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    var = x.var(axis=(1, 2, 3), keepdims=True)
    inv_std = 1 / np.sqrt(var + gn_param.get("eps", 1e-5))
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, np.repeat(inv_std.reshape(N, 1, 1), G, axis=1))
