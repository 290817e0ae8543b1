"""Averages over N * C values where N * H * W were summed."""

import numpy as np
from bnlab_solutions import *

LINE = 54
MISTAKE = "features-counted-for-examples"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "The sums over images and pixels are divided by a number that counts channels. With as many channels "
    "as pixels nobody notices. Look at the shape, and at which of its numbers count the terms of your "
    "sums."
)


def spatial_batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    M = N * C
    rows = np.moveaxis(dout, 1, 0).reshape(C, N * H * W).T
    dbeta = rows.sum(axis=0)
    dgamma = (rows * x_hat).sum(axis=0)
    dx = gamma * inv_std * (rows - dbeta / M - x_hat * (dgamma / M))
    return np.moveaxis(dx.T.reshape(C, N, H, W), 0, 1), dgamma, dbeta
