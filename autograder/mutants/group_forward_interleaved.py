"""Every G-th channel forms a group, instead of neighbours."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "groups-interleaved"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your groups hold every so-many-th channel, where neighbouring channels should share a group. "
    "With one group, or with as many groups as channels, nobody notices. Look at the order in which a "
    "reshape hands out the channels."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    grouped = x.reshape(N, C // G, G, H, W)
    mean = grouped.mean(axis=(1, 3, 4), keepdims=True)
    inv_std = 1 / np.sqrt(grouped.var(axis=(1, 3, 4), keepdims=True) + gn_param.get("eps", 1e-5))
    x_hat = ((grouped - mean) * inv_std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std.reshape(N, G, 1))
