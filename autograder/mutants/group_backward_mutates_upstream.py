"""The upstream gradient is multiplied by gamma in place."""

from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call. In a network with branches "
    "others still need it. Look for operations that work in place on an argument."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dout *= gamma
    g, xh = dout.reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = inv_std * (g - g.mean(axis=2, keepdims=True) - xh * (g * xh).mean(axis=2, keepdims=True))
    return dx.reshape(dout.shape), dgamma, dbeta
