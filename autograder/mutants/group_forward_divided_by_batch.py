"""The sums over a group are divided by the batch size."""

import numpy as np
from bnlab_solutions import *

LINE = 58
MISTAKE = "divided-by-wrong-count"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your sums run over the values of a group, but you divide them by something else than their "
    "number. Images in which the two agree hide it. Count how many values one group of one image "
    "holds."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    eps = gn_param.get("eps", 1e-5)
    groups = x.reshape(N, G, -1)
    mean = groups.sum(axis=2, keepdims=True) / N
    var = ((groups - mean) ** 2).sum(axis=2, keepdims=True) / N
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = ((groups - mean) * inv_std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
