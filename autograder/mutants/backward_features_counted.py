"""N is read off the wrong axis: the number of features."""

from bnlab_solutions import *

LINE = 42
MISTAKE = "features-counted-for-examples"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your averages divide by the number of features where the number of examples is meant. With a square "
    "batch nobody notices. Look at the shape, and at which of its numbers counts the terms of your sums."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[-1]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std / N * (N * dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0))
    return dx, dgamma, dbeta
