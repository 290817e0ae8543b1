"""Rows are made channel by channel, and read back as if they were made image by image."""

from bnlab_solutions import *

LINE = 52
MISTAKE = "axes-moved-back-wrongly"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "You line the pixels up channel by channel, but read them back as if they stood image by image. "
    "The shape is right and images and channels are mixed. Undo the steps of the way there one by "
    "one, in reverse."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(1, 0, 2, 3).reshape(C, -1).T
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return out.T.reshape(N, C, H, W), cache
