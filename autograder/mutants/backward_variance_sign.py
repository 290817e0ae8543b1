"""The path through the variance enters with the wrong sign."""

from bnlab_solutions import *

LINE = None
MISTAKE = "sign-of-variance-path"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "One path of your input gradient enters with the wrong sign: the one through the variance. A "
    "larger variance makes the normalised data smaller. Look at the derivative of one divided by a "
    "root."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.mean(axis=0) + x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx, dgamma, dbeta
