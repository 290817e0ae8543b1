"""The backward pass takes the running statistics for those of the batch."""

import numpy as np
from bnlab_solutions import *

LINE = 47
MISTAKE = "running-statistics-in-gradient"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your backward pass uses the running statistics, but in training mode the forward pass normalised "
    "with those of the batch. The gradient then belongs to another function. Look at which mean and "
    "variance your cache hands on."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        running_mean = bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        running_var = bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std, x, running_mean, running_var, eps)


def batchnorm_backward(dout, cache):
    gamma, x, mean, var, eps = cache[1], *cache[3:]
    N = len(x)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / std * (dout - dbeta / N - x_hat * dgamma / N)
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache[:3]
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / len(dout)), dgamma, dbeta
