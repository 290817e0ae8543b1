"""The final reshape's result is thrown away: the input gradient stays two-dimensional."""

from bnlab_solutions import *

LINE = 59
MISTAKE = "reshape-result-discarded"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "You ask for the shape of the images at the end, but the result of that call is not kept, so rows "
    "of pixels come back as the input gradient. Look at which line's result is never used."
)


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dout = dout.transpose(0, 2, 3, 1).reshape(N * H * W, C)
    dx, dgamma, dbeta = batchnorm_backward_alt(dout, cache)
    dx.reshape(N, H, W, C)
    dx.transpose()
    return dx, dgamma, dbeta
