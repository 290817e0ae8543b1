"""The result of transpose is thrown away, so the channel axis never moves."""

from bnlab_solutions import *

LINE = 59
MISTAKE = "channel-axis-not-moved"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "You ask for the channels to be moved to the end, but the result of that call is not kept, so the "
    "columns mix pixels of all channels. Such methods return a new view and leave the array as it is. "
    "Look at which line's result is never used."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    x.transpose(0, 2, 3, 1)
    flat, cache = batchnorm_forward(x.reshape(N * H * W, C), gamma, beta, bn_param)
    flat.transpose(1, 0)
    return flat.reshape(N, C, H, W), cache
