"""The input gradient is divided by the variance instead of the standard deviation."""

from bnlab_solutions import *

LINE = 41
MISTAKE = "inverse-variance"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your input gradient is divided by the variance where the standard deviation is meant. With a "
    "variance near one nobody notices. Scale the data by ten: the input gradient should shrink by "
    "ten, not by a hundred."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std**2 * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
