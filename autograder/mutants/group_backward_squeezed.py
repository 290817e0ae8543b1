"""squeeze removes the group axis too when there is one group."""

from bnlab_solutions import *

LINE = 61
MISTAKE = "one-group-crashes"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your backward pass breaks for a single group: the axis of the groups then has length one, and "
    "you remove every such axis. Look at which axes may have length one."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    inv_std = inv_std.squeeze()
    N, G = inv_std.shape
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    g, xh = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = g - g.mean(axis=2, keepdims=True) - xh * (g * xh).mean(axis=2, keepdims=True)
    dx = dx * inv_std[:, :, None]
    return dx.reshape(dout.shape), dgamma, dbeta
