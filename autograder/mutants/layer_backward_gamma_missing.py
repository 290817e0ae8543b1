"""The input gradient lacks gamma."""

from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "The scale plays no part in your input gradient. With a scale of one every check passes. Follow "
    "the upstream gradient through each operation on its way back."
)


def layernorm_backward(dout, cache):
    x_hat, _, inv_std = cache
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    mean_d = dout.mean(axis=1)[:, None]
    mean_dx = (dout * x_hat).mean(axis=1)[:, None]
    return inv_std * (dout - mean_d - x_hat * mean_dx), dgamma, dbeta
