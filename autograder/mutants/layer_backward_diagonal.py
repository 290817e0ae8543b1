"""Each output is differentiated by its own input only."""

from bnlab_solutions import *

LINE = 33
MISTAKE = "diagonal-of-jacobian"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "You differentiate each output by its own input alone. But a feature reaches all outputs of its "
    "example through mean and variance, and those paths have to be added up. Look for the sums over "
    "the features in your input gradient."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    D = dout.shape[1]
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    slope = inv_std * (1 - 1 / D - x_hat * x_hat / D)
    return dout * gamma * slope, dgamma, dbeta
