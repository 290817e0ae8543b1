"""The input feeds two branches; only the one through the mean is returned."""

import numpy as np
from bnlab_solutions import *

LINE = 36
MISTAKE = "branch-overwritten"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The input of your graph feeds two branches, and what comes through the mean overwrites what came "
    "directly. Gradients that arrive at the same node have to be combined. Look for a name that you "
    "assign twice."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * x_hat, axis=0) * -0.5 * inv_std**2
    dxmu = dx_hat * inv_std + 2 / N * dvar * x_hat / inv_std
    dx = dxmu
    dmu = -np.sum(dxmu, axis=0)
    dx = np.ones((N, D)) * dmu / N
    return dx, dgamma, dbeta
