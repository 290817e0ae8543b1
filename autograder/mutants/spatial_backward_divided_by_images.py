"""The short formula with N where N H W is meant."""

from bnlab_solutions import *

LINE = 54
MISTAKE = "divided-by-images-only"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "Your input gradient divides by the number of images, but each channel's mean ran over images and "
    "pixels. Images of a single pixel hide it. Count how many numbers share one mean."
)


def spatial_batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    d = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dbeta, dgamma = d.sum(axis=0), (d * x_hat).sum(axis=0)
    dx = gamma * inv_std * (d - (dbeta + x_hat * dgamma) / N)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta
