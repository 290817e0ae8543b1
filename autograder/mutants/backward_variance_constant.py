"""The variance is treated as a constant, the mean is not."""

from bnlab_solutions import *

LINE = 34
MISTAKE = "variance-treated-as-constant"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient follows the mean but treats the variance as a fixed number. It still moves with "
    "every example, so part of the gradient is missing. Look for the path from the input through the "
    "variance."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dcentred = dout * gamma * inv_std
    dmean = -dcentred.sum(axis=0)
    dx = dcentred + dmean / len(dout)
    return dx, dgamma, dbeta
