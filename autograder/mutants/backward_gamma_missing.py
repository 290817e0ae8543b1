"""The input gradient lacks gamma."""

from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The scale plays no part in your input gradient. With a scale of one every check passes; once the "
    "network has learnt another scale the gradient is wrong. Follow the upstream gradient through "
    "each operation on its way back."
)


def batchnorm_backward(dout, cache):
    x_hat, _, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = inv_std * (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
