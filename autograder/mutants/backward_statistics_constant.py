"""Mean and variance are treated as constants."""

from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient treats mean and variance as if they were fixed numbers. But every example moves "
    "both, and through them all other outputs; that is what makes BN special. Look for paths from the "
    "input to the output that you have not followed."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = dout * gamma * inv_std
    return dx, dgamma, dbeta
