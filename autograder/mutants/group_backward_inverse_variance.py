"""The input gradient is divided by the variance."""

from bnlab_solutions import *

LINE = 41
MISTAKE = "inverse-variance"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your input gradient is divided by the variance where the standard deviation is meant. With a "
    "variance near one nobody notices. Scale an image by ten: its input gradient should shrink by "
    "ten, not by a hundred."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta, dgamma = dout.sum(axis=(0, 2, 3), keepdims=True), (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    g, xh = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = inv_std**2 * (g - g.mean(axis=2, keepdims=True) - xh * (g * xh).mean(axis=2, keepdims=True))
    return dx.reshape(dout.shape), dgamma, dbeta
