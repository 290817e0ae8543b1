"""Statistics are blown up to the images' shape with np.resize, which repeats them along the width."""

import numpy as np
from bnlab_solutions import *

LINE = 57
MISTAKE = "resize-for-broadcast"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "You blow the statistics up to the shape of the images by resizing. That repeats them along the "
    "last axis, so neighbouring pixels get different groups' statistics. Look at which axes of the "
    "images belong to one group's number."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N = x.shape[0]
    groups = x.reshape(N * G, -1)
    mean = groups.mean(axis=1)
    std = np.sqrt(groups.var(axis=1) + gn_param.get("eps", 1e-5))
    x_hat = (x - np.resize(mean, x.shape)) / np.resize(std, x.shape)
    return gamma * x_hat + beta, (x_hat, gamma, 1 / std.reshape(N, G, 1))
