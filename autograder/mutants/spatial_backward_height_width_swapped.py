"""Height and width change places on the way back."""

from bnlab_solutions import *

LINE = 52
MISTAKE = "axes-moved-back-wrongly"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "For the input gradient height and width change places. The shape is right, since you restore it, "
    "and each image of gradients is scrambled. Undo the steps of the way there one by one, in "
    "reverse."
)


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(dout.transpose(0, 2, 3, 1).reshape(-1, C), cache)
    dx = dx.reshape(N, W, H, C).transpose(0, 3, 2, 1)
    return dx, dgamma, dbeta
