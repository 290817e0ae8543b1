"""The upstream gradient is multiplied by gamma in place."""

from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call. In a network with residual "
    "branches others still need it. Look for operations that work in place on an argument."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dout *= gamma
    dx = dout - dout.mean(1, keepdims=True) - x_hat * (dout * x_hat).mean(1, keepdims=True)
    return dx * inv_std, dgamma, dbeta
