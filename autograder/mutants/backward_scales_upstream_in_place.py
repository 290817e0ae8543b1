"""The upstream gradient is multiplied by gamma in place."""

from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call. In a network with branches "
    "others still need it. Look for operations that work in place on an argument."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dout *= gamma
    dx = inv_std * (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
