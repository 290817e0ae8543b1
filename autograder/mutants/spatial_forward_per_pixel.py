"""Every pixel is a feature of its own; the statistics run over N only."""

import numpy as np
from bnlab_solutions import *

LINE = 53
MISTAKE = "statistics-per-pixel"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "Every pixel gets its own statistics, taken over the images alone. A convolution treats all "
    "places alike, and its normalisation should too; with few images such statistics are mere noise. "
    "Look at which pixels should share one mean."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    g, b = np.repeat(gamma, H * W), np.repeat(beta, H * W)
    out, cache = batchnorm_forward(x.reshape(N, -1), g, b, bn_param)
    return out.reshape(N, C, H, W), cache
