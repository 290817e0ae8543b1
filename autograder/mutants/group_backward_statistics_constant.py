"""Mean and variance are treated as constants."""

from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your gradient treats mean and variance as if they were fixed numbers. But every value of a group "
    "moves both, and through them all others of its group. Look for paths from the input to the "
    "output that you have not followed."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dgamma, dbeta = (dout * x_hat).sum((0, 2, 3), keepdims=True), dout.sum((0, 2, 3), keepdims=True)
    dx = (dout * gamma).reshape(N, G, -1) * inv_std
    return dx.reshape(dout.shape), dgamma, dbeta
