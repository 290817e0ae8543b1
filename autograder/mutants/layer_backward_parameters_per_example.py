"""All sums run over axis 1, also those of dgamma and dbeta."""

from bnlab_solutions import *

LINE = 64
MISTAKE = "parameter-gradients-over-wrong-axis"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your gradients of scale and shift are summed over the features and have one number per example. "
    "The statistics run along the example, but each parameter still serves one feature of all "
    "examples. Compare the shapes of gradient and parameter."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=1)
    dgamma = (dout * x_hat).sum(axis=1)
    g = dout * gamma
    dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))
    return dx, dgamma, dbeta
