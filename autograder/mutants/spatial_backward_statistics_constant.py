"""Mean and variance are treated as constants."""

import numpy as np
from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "Your gradient treats mean and variance as if they were fixed numbers. But every pixel moves "
    "both, and through them all others of its channel. Look for paths from the input to the output "
    "that you have not followed."
)


def spatial_batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    images = x_hat.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    dgamma = np.sum(dout * images, axis=(0, 2, 3))
    dbeta = np.sum(dout, axis=(0, 2, 3))
    dx = dout * (gamma * inv_std)[None, :, None, None]
    return dx, dgamma, dbeta
