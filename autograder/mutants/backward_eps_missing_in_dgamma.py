"""The normalised data are recomputed without eps for dgamma."""

import numpy as np
from bnlab_solutions import *

LINE = 40
MISTAKE = "eps-missing-in-gradient"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "For the gradient of the scale you normalise the data once more, and eps gets lost on the way. "
    "With the customary eps nobody notices; a large one shows it. Compare what you multiply with in "
    "both passes."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mu, sigma2 = batch_statistics(x)
        bn_param["running_mean"] = update_running(mean, mu, momentum)
        bn_param["running_var"] = update_running(var, sigma2, momentum)
        mean, var = mu, sigma2
    elif mode != "test":
        raise ValueError(mode)
    out = gamma * (x - mean) / np.sqrt(var + eps) + beta
    return out, (x, mean, var, gamma, eps)


def batchnorm_backward(dout, cache):
    x, mean, var, gamma, eps = cache
    N = len(x)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * (x - mean) / np.sqrt(var)).sum(axis=0)
    dx_hat = dout * gamma
    dvar = (dx_hat * (x - mean)).sum(axis=0) * -0.5 * (var + eps) ** -1.5
    dmean = -(dx_hat / np.sqrt(var + eps)).sum(axis=0)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / N + dmean / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x, mean, var, gamma, eps = cache
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / len(x))
    return dx, dgamma, dbeta
