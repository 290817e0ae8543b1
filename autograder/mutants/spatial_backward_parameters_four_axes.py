"""dgamma and dbeta have shape (1, C, 1, 1)."""

from bnlab_solutions import *

LINE = 55
MISTAKE = "statistics-with-four-axes"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift have four axes, but the parameters are plain rows with one "
    "number per channel. An update would change the shape of the parameters. Compare the shapes."
)


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, dgamma.reshape(1, C, 1, 1), dbeta.reshape(1, C, 1, 1)
