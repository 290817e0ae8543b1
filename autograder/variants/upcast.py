"""Everything is computed, and returned, in float64, whatever comes in."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    x = np.asarray(x, dtype=np.float64)
    return x.mean(axis=0), x.var(axis=0)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = (
        bn_param["mode"],
        np.float64(bn_param.get("eps", 1e-5)),
        bn_param.get("momentum", 0.9),
    )
    x, gamma, beta = x.astype(np.float64), gamma.astype(np.float64), beta.astype(np.float64)
    running_mean = np.array(bn_param.get("running_mean", np.zeros(x.shape[1])), dtype=np.float64)
    running_var = np.array(bn_param.get("running_var", np.zeros(x.shape[1])), dtype=np.float64)
    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    d = dout.astype(np.float64)
    dgamma, dbeta = (d * x_hat).sum(axis=0), d.sum(axis=0)
    return gamma * inv_std * (d - (dbeta + x_hat * dgamma) / len(d)), dgamma, dbeta


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return np.float64(1) * dout * gamma / np.sqrt(running_var.astype(np.float64) + eps)
