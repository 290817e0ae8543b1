"""The input gradient lacks gamma."""

from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "The scale plays no part in your input gradient. With a scale of one every check passes. Follow "
    "the upstream gradient through each operation on its way back."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, _, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    d, xh = dout.reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = inv_std * (d - d.mean(axis=2, keepdims=True) - xh * (d * xh).mean(axis=2, keepdims=True))
    return dx.reshape(dout.shape), dgamma, dbeta
