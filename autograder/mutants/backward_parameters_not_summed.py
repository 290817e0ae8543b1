"""dgamma and dbeta keep one row per example."""

from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-not-summed"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift still have one row per example. Each of these parameters acts "
    "on the whole batch, and its gradient has the shape of the parameter. Compare the shapes."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout
    dgamma = dout * x_hat
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
