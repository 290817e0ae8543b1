"""The gradient of the mean is divided by N twice."""

import numpy as np
from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "You divide by the batch size once too often: a mean stands where a sum was meant, and the "
    "division comes on top. Go through the mean and count how often its gradient is divided."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dgamma, dbeta = np.sum(dout * x_hat, 0), np.sum(dout, 0)
    dx_hat = dout * gamma
    dmean = -np.mean(dx_hat * inv_std, axis=0)
    dvar = -0.5 * inv_std**2 * np.sum(dx_hat * x_hat, axis=0)
    dx = dx_hat * inv_std + dmean / N + dvar * 2 * (x_hat / inv_std) / N
    return dx, dgamma, dbeta
