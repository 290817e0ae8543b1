"""The variance is treated as a constant."""

from bnlab_solutions import *

LINE = 34
MISTAKE = "variance-treated-as-constant"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your gradient follows the mean but treats the variance as a fixed number. It still moves with "
    "every value of the group. Look for the path from the input through the variance."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dgamma, dbeta = (dout * x_hat).sum((0, 2, 3), keepdims=True), dout.sum((0, 2, 3), keepdims=True)
    g = (dout * gamma).reshape(N, G, -1)
    dx = inv_std * (g - g.mean(axis=-1, keepdims=True))
    return dx.reshape(dout.shape), dgamma, dbeta
