"""The variance is treated as a constant."""

from bnlab_solutions import *

LINE = 34
MISTAKE = "variance-treated-as-constant"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your gradient follows the mean but treats the variance as a fixed number. It still moves with "
    "every feature of the example. Look for the path from the input through the variance."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.mean(axis=1, keepdims=True))
    return dx, dgamma, dbeta
