"""On the way back only the shape of the input gradient is restored."""

from bnlab_solutions import *

LINE = 52
MISTAKE = "axes-moved-back-wrongly"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "You move the channels to the end, but for the input gradient you restore only the shape, not the "
    "order of the axes. The shape is right and the entries are scattered. Undo the steps of the way "
    "there one by one, in reverse."
)


def spatial_batchnorm_backward(dout, cache):
    C = dout.shape[1]
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward_alt(rows, cache)
    return dx.reshape(dout.shape), dgamma, dbeta
