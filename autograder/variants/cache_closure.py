"""The cache is a closure that computes the gradients when it is called; the layer norm's is a lambda."""

import numpy as np
from bnlab_solutions import *


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running = [bn_param.get(key, np.zeros(x.shape[1])) for key in ("running_mean", "running_var")]
    if mode == "test":
        return gamma * (x - running[0]) / np.sqrt(running[1] + eps) + beta, lambda dout: None
    if mode != "train":
        raise ValueError(mode)
    mean, var = batch_statistics(x)
    bn_param["running_mean"] = update_running(running[0], mean, momentum)
    bn_param["running_var"] = update_running(running[1], var, momentum)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std

    def gradients(dout):
        dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
        dx = gamma / std * (dout - (dbeta + x_hat * dgamma) / len(x))
        return dx, dgamma, dbeta

    return gamma * x_hat + beta, gradients


def batchnorm_backward(dout, cache):
    return cache(dout)


def batchnorm_backward_alt(dout, cache):
    dx, dgamma, dbeta = cache(dout)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    x_hat = centred / std
    off = lambda g: g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True)  # noqa: E731
    return gamma * x_hat + beta, lambda d: (off(d * gamma) / std, (d * x_hat).sum(axis=0), d.sum(axis=0))


def layernorm_backward(dout, cache):
    return cache(dout)
