"""The centred data feed two branches; the second overwrites the gradient of the first."""

from bnlab_solutions import *

LINE = 36
MISTAKE = "branch-overwritten"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "A node of your graph feeds two branches, and the gradient of the second overwrites that of the "
    "first. Gradients that arrive at the same node have to be combined. Look for a name that you "
    "assign twice."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    xmu = x_hat / inv_std
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dinv_std = (dx_hat * xmu).sum(axis=0)
    dvar = -0.5 * inv_std**3 * dinv_std
    dxmu = dx_hat * inv_std
    dxmu = 2 * xmu * dvar / N
    dx = dxmu - dxmu.mean(axis=0)
    return dx, dgamma, dbeta
