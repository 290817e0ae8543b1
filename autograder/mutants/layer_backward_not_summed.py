"""dgamma and dbeta keep one row per example."""

from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-not-summed"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your gradients of scale and shift still have one row per example. Each of these parameters "
    "serves all examples, and its gradient has the shape of the parameter. Compare the shapes."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    g = dout * gamma
    dx = inv_std * (g - g.mean(1, keepdims=True) - x_hat * (g * x_hat).mean(1, keepdims=True))
    return dx, dout * x_hat, dout
