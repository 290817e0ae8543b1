"""The sums over a group are divided by the size of the whole image."""

from bnlab_solutions import *

LINE = 58
MISTAKE = "divided-by-wrong-count"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "The sums over a group are divided by the number of values in the whole image. With one group nobody "
    "notices. Count how many numbers your sum adds up."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    G = inv_std.shape[1]
    size = C * H * W
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat, x_hat = (gamma * dout).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    sums = dx_hat.sum(axis=2, keepdims=True), (dx_hat * x_hat).sum(axis=2, keepdims=True)
    dx = inv_std * (dx_hat - sums[0] / size - x_hat * sums[1] / size)
    return dx.reshape(dout.shape), dgamma, dbeta
