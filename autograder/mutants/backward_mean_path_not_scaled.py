"""The path through the mean lacks the division by the standard deviation."""

from bnlab_solutions import *

LINE = 41
MISTAKE = "mean-path-not-scaled"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The path through the mean lacks the division by the standard deviation, which the direct path has. "
    "With a spread near 1 the two agree. Look at what lies between the output and the mean."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dstd = -(dx_hat * x_hat).sum(axis=0) * inv_std
    dmean = -dx_hat.sum(axis=0)
    dx = dx_hat * inv_std + x_hat * dstd / N + dmean / N
    return dx, dgamma, dbeta
