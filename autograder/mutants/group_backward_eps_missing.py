"""The gradient at the variance is computed without eps."""

import numpy as np
from bnlab_solutions import *

LINE = 62
MISTAKE = "eps-missing-in-gradient"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "In the gradient at the variance your eps is missing, while it stands everywhere else. With the "
    "customary eps nobody notices; a large one shows it. Compare the variance that you raise to a "
    "power with the one of the forward pass."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    eps = gn_param.get("eps", 1e-5)
    groups = x.reshape(N, G, -1)
    mean, var = groups.mean(axis=2, keepdims=True), groups.var(axis=2, keepdims=True)
    x_hat = ((groups - mean) / np.sqrt(var + eps)).reshape(N, C, H, W)
    return gamma * x_hat + beta, (groups - mean, var, x_hat, gamma, eps)


def spatial_groupnorm_backward(dout, cache):
    centred, var, x_hat, gamma, eps = cache
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dx_hat = (dout * gamma).reshape(centred.shape)
    m = centred.shape[2]
    std = np.sqrt(var + eps)
    dvar = -0.5 * var**-1.5 * (dx_hat * centred).sum(axis=2, keepdims=True)
    dcentred = dx_hat / std + 2 / m * centred * dvar
    dx = dcentred - dcentred.mean(axis=2, keepdims=True)
    return dx.reshape(dout.shape), dgamma, dbeta
