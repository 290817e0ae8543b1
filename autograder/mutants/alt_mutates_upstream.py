"""The upstream gradient is centred in place."""

from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call. In a network with branches "
    "others still need it. Look for operations that work in place on an argument."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dout -= dout.mean(axis=0)
    dout -= x_hat * dgamma / len(dout)
    return gamma * inv_std * dout, dgamma, dbeta
