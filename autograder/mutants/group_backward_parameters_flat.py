"""dgamma and dbeta have shape (C,) where (1, C, 1, 1) is agreed."""

from bnlab_solutions import *

LINE = None
MISTAKE = "parameter-gradients-flat"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift are plain rows, but here these parameters have four axes. An "
    "update with such a gradient would broadcast along the width of the images. Compare the shapes."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3))
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3))
    g, xh = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = inv_std * (g - g.mean(axis=2, keepdims=True) - xh * (g * xh).mean(axis=2, keepdims=True))
    return dx.reshape(dout.shape), dgamma, dbeta
