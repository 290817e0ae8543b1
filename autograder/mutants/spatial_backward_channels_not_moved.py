"""The upstream gradient is reshaped to (-1, C) without moving the channel axis."""

from bnlab_solutions import *

LINE = 51
MISTAKE = "channel-axis-not-moved"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "You reshape the upstream gradient into rows without moving the channels to the end, so its rows "
    "do not belong to the rows of the forward pass. Lay both out in the same way. Follow one pixel "
    "through forward and backward pass."
)


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(dout.reshape(-1, C), cache)
    return dx.reshape(N, C, H, W), dgamma, dbeta
