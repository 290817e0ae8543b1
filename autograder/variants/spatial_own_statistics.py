"""Spatial BN does its own statistics over axes (0, 2, 3) and never calls the flat version."""

import numpy as np
from bnlab_solutions import *


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    C, axes = x.shape[1], (0, 2, 3)
    running_mean = bn_param.get("running_mean", np.zeros(C))
    running_var = bn_param.get("running_var", np.zeros(C))
    if mode == "train":
        mean, var = np.mean(x, axis=axes), np.var(x, axis=axes)
        bn_param["running_mean"] = momentum * running_mean + (1.0 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1.0 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    std = np.sqrt(var + eps)[None, :, None, None]
    x_hat = (x - mean[None, :, None, None]) / std
    return gamma[None, :, None, None] * x_hat + beta[None, :, None, None], (x_hat, std, gamma, axes)


def spatial_batchnorm_backward(dout, cache):
    x_hat, std, gamma, axes = cache
    d = dout * gamma[None, :, None, None]
    m1 = d.mean(axis=axes, keepdims=True)
    m2 = (d * x_hat).mean(axis=axes, keepdims=True)
    return (d - m1 - x_hat * m2) / std, (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
