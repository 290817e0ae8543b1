"""The mean belongs to the group, the variance to each channel."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "mean-and-variance-of-different-sets"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your mean belongs to a group and your variance to a single channel, where both should describe the "
    "same numbers. With a group for every channel nobody notices. Compare the axes in the two lines."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    if C % G:
        raise ValueError(f"G = {G} does not divide C = {C}")
    groups = x.reshape(N, G, C // G, H, W)
    centred = groups - groups.mean(axis=(2, 3, 4), keepdims=True)
    std = np.sqrt(groups.var(axis=(3, 4), keepdims=True) + gn_param.get("eps", 1e-5))
    x_hat = (centred / std).reshape(x.shape)
    cache = x_hat, gamma, (1 / std).mean(axis=2).reshape(N, G, 1)
    return gamma * x_hat + beta, cache
