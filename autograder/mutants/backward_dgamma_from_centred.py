"""dgamma uses the centred data where the normalised ones are meant."""

from bnlab_solutions import *

LINE = None
MISTAKE = "gamma-gradient-from-centred-data"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient of the scale is computed with the centred data, before they were divided by the "
    "standard deviation. With a variance near one nobody notices. Look at what the scale multiplies "
    "in the forward pass."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    xmu = x_hat / inv_std
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xmu).sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
