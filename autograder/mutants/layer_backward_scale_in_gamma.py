"""dgamma is summed from the gradient that already carries gamma."""

from bnlab_solutions import *

LINE = None
MISTAKE = "gamma-in-its-own-gradient"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "The gradient of the scale contains the scale itself. The output is linear in it, so its derivative "
    "cannot. Look at which gradient you sum, the one before or after the multiplication by the scale."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    dgamma = (dx_hat * x_hat).sum(axis=0)
    mean = dx_hat.mean(axis=1, keepdims=True)
    dx = inv_std * (dx_hat - mean - x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True))
    return dx, dgamma, dbeta
