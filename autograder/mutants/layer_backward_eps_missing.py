"""The gradient at the variance is computed without eps."""

import numpy as np
from bnlab_solutions import *

LINE = 62
MISTAKE = "eps-missing-in-gradient"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "In the gradient at the variance your eps is missing, while it stands everywhere else. With the "
    "customary eps nobody notices; a large one shows it. Compare the variance that you raise to a "
    "power with the one of the forward pass."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x, x_hat, mean, var, gamma, eps)


def layernorm_backward(dout, cache):
    x, x_hat, mean, var, gamma, eps = cache
    D = x.shape[1]
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mean), axis=1, keepdims=True) * -0.5 * var**-1.5
    dmean = -np.sum(dx_hat / np.sqrt(var + eps), axis=1, keepdims=True)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / D + dmean / D
    return dx, dgamma, dbeta
