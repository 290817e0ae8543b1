"""The statistics run over the channels of a group, pixel by pixel."""

import numpy as np
from bnlab_solutions import *

LINE = 53
MISTAKE = "statistics-per-pixel"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Every pixel gets its own statistics, taken over a few channels alone. All pixels of a group "
    "should share one mean and one variance; with one channel per group your output vanishes "
    "altogether. Check over which axes each mean runs."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    g = x.reshape(N, G, C // G, H, W)
    mu, var = g.mean(axis=2, keepdims=True), g.var(axis=2, keepdims=True)
    std = np.sqrt(var + gn_param.get("eps", 1e-5))
    x_hat = ((g - mu) / std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, (1 / std).mean(axis=(2, 3, 4)).reshape(N, G, 1))
