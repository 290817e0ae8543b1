"""The cache is a list that the backward pass takes apart with pop, and results are lists."""

import numpy as np
from bnlab_solutions import *


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    cache = []
    if bn_param["mode"] == "train":
        mean, var = batch_statistics(x)
        old_mean = bn_param.get("running_mean", 0 * mean)
        old_var = bn_param.get("running_var", 0 * var)
        bn_param["running_mean"] = update_running(old_mean, mean, momentum)
        bn_param["running_var"] = update_running(old_var, var, momentum)
        inv_std = (var + eps) ** -0.5
        x_hat = (x - mean) * inv_std
        cache.append(inv_std)
        cache.append(gamma)
        cache.append(x_hat)
    elif bn_param["mode"] == "test":
        mean = bn_param.get("running_mean", np.zeros_like(gamma))
        var = bn_param.get("running_var", np.zeros_like(gamma))
        x_hat = (x - mean) * (var + eps) ** -0.5
    else:
        raise ValueError("mode")
    return [gamma * x_hat + beta, cache]


def batchnorm_backward(dout, cache):
    items = list(cache)
    x_hat = items.pop()
    gamma = items.pop()
    inv_std = items.pop()
    dgamma = sum(dout[i] * x_hat[i] for i in range(len(dout)))
    dbeta = sum(dout[i] for i in range(len(dout)))
    dx = gamma * inv_std * (dout - dbeta / len(dout) - x_hat * dgamma / len(dout))
    return [dx, dgamma, dbeta]


def batchnorm_backward_alt(dout, cache):
    inv_std, gamma, x_hat = cache
    centred = dout - dout.mean(axis=0)
    along = x_hat * (dout * x_hat).mean(axis=0)
    return [gamma * inv_std * (centred - along), (dout * x_hat).sum(axis=0), dout.sum(axis=0)]
