"""The one half from the derivative of the root is forgotten."""

from bnlab_solutions import *

LINE = None
MISTAKE = "factor-in-variance-path"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The path through the variance has the wrong size: a constant factor from the derivative of a "
    "root or a square is lost. Differentiate each of these two nodes on its own and compare."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = len(dout)
    centred = x_hat / inv_std
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dvar = -(inv_std**3) * (dx_hat * centred).sum(axis=0)
    dcentred = dx_hat * inv_std + 2 * centred * dvar / N
    dx = dcentred - dcentred.mean(axis=0)
    return dx, dgamma, dbeta
