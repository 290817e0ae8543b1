"""The sums over a group are divided by its number of channels, without the pixels."""

import numpy as np
from bnlab_solutions import *

LINE = 58
MISTAKE = "divided-by-wrong-count"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your sums run over channels and pixels of a group, but you divide by the number of channels "
    "alone. Images of a single pixel hide it. Count how many values one group of one image holds."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    grouped = x.reshape(N, G, C // G, H, W)
    axes, count = (2, 3, 4), C // G
    mean = grouped.sum(axis=axes, keepdims=True) / count
    var = np.square(grouped - mean).sum(axis=axes, keepdims=True) / count
    inv_std = 1 / np.sqrt(var + gn_param.get("eps", 1e-5))
    x_hat = ((grouped - mean) * inv_std).reshape(x.shape)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std.reshape(N, G, 1))
