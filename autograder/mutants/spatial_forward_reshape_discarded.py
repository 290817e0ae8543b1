"""The final reshape's result is thrown away: the output stays two-dimensional."""

from bnlab_solutions import *

LINE = 59
MISTAKE = "reshape-result-discarded"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "You ask for the shape of the images at the end, but the result of that call is not kept, so rows "
    "of pixels come back. Such methods return a new view and leave the array as it is. Look at which "
    "line's result is never used."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    x = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    out.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return out, cache
