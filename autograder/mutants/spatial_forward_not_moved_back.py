"""The channel axis is moved to the end, but on the way back only the shape is restored."""

from bnlab_solutions import *

LINE = 52
MISTAKE = "axes-moved-back-wrongly"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "You move the channels to the end, but on the way back you restore only the shape, not the order "
    "of the axes. The shape is right and the pixels are scattered. Send an image through whose pixels "
    "you can recognise."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    rows = x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return out.reshape(x.shape), cache
