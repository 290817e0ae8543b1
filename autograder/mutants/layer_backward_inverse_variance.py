"""The input gradient is divided by the variance."""

from bnlab_solutions import *

LINE = 41
MISTAKE = "inverse-variance"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your input gradient is divided by the variance where the standard deviation is meant. With a "
    "variance near one nobody notices. Scale an example by ten: its input gradient should shrink by "
    "ten, not by a hundred."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    g = dout * gamma
    dx = g - g.mean(1, keepdims=True) - x_hat * (g * x_hat).mean(1, keepdims=True)
    return dx * inv_std * inv_std, dgamma, dbeta
