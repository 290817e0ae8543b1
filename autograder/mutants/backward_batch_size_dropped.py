"""The sums over the batch are not divided by N."""

from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The batch size is lost on the way through mean or variance: both are averages, and an average "
    "passes only its share back to each example. Look for every mean of the forward pass and what it "
    "does to a gradient."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0))
    return dx, dgamma, dbeta
