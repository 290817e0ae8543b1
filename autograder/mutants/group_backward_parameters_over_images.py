"""dgamma and dbeta are summed over images and rows, but not over the columns of pixels."""

from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-not-summed"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "The gradients of scale and shift still have a number for every column of pixels. A parameter that "
    "acts at every place of every image collects a gradient from each. Look at the axes of your sums."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2), keepdims=True)
    dx_hat, x_hat = (gamma * dout).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    along_x_hat = (dx_hat * x_hat).mean(axis=2, keepdims=True)
    dx = inv_std * (dx_hat - dx_hat.mean(axis=2, keepdims=True) - x_hat * along_x_hat)
    return dx.reshape(dout.shape), dgamma, dbeta
