"""The backward pass repeats the forward pass in training mode and so advances the buffers."""

import numpy as np
from bnlab_solutions import *

LINE = 30
MISTAKE = "buffers-advanced-by-backward"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your running buffers move during the backward pass: it runs the forward pass once more, in "
    "training mode, on the caller's parameters. Each batch then counts twice, and every gradient "
    "check shifts the buffers further. Look at who may write into the parameters, and when."
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
    return out, (x, gamma, bn_param)


def batchnorm_backward(dout, cache):
    x, gamma, bn_param = cache
    x_hat, _ = batchnorm_forward(x, np.ones_like(gamma), np.zeros_like(gamma), bn_param)
    inv_std = 1 / np.sqrt(x.var(axis=0) + bn_param.get("eps", 1e-5))
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / len(x))
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x, gamma, bn_param = cache
    mean, var = batch_statistics(x)
    inv_std = 1 / np.sqrt(var + bn_param.get("eps", 1e-5))
    x_hat = (x - mean) * inv_std
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    return gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / len(x)), dgamma, dbeta
