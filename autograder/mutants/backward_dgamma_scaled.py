"""dgamma contains gamma itself."""

from bnlab_solutions import *

LINE = None
MISTAKE = "gamma-in-its-own-gradient"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient of the scale contains the scale itself. The output is linear in the scale, so its "
    "gradient cannot depend on it; with a scale of one nobody notices. Look at which gradient you "
    "multiply with the normalised data."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dx_hat = dout * gamma
    dbeta = dout.sum(axis=0)
    dgamma = (dx_hat * x_hat).sum(axis=0)
    dx = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
