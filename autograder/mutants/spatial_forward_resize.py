"""np.resize instead of moving the axis: the pixels are dealt out in their old order."""

import numpy as np
from bnlab_solutions import *

LINE = 57
MISTAKE = "channel-axis-not-moved"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "You resize the images to rows, but resizing deals the pixels out in their old order, so each "
    "column mixes all channels; and where sizes do not fit, it repeats or drops pixels without a "
    "word. Take two channels with very different means and look into the columns."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = np.resize(x, (N * H * W, C))
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return np.resize(out, x.shape), cache
