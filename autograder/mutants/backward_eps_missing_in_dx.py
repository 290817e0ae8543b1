"""The backward pass recomputes the standard deviation and forgets eps."""

import numpy as np
from bnlab_solutions import *

LINE = 40
MISTAKE = "eps-missing-in-gradient"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your backward pass recomputes the standard deviation without eps, so it belongs to another "
    "function than your forward pass. With the customary eps nobody notices; a large one shows it. "
    "Compare the divisors of both passes."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        sample_mean, sample_var = batch_statistics(x)
        bn_param["running_mean"] = update_running(mean, sample_mean, momentum)
        bn_param["running_var"] = update_running(var, sample_var, momentum)
        mean, var = sample_mean, sample_var
    elif mode != "test":
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std, var)


def batchnorm_backward(dout, cache):
    x_hat, gamma, _, var = cache
    std = np.sqrt(var)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / len(dout))
    return dx, dgamma, dbeta
