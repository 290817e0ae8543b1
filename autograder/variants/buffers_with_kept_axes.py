"""Statistics and running buffers are (1, D), and so are dgamma and dbeta."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    return x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    shape = (1, x.shape[1])
    running_mean = bn_param.get("running_mean", np.zeros(shape)).reshape(shape)
    running_var = bn_param.get("running_var", np.zeros(shape)).reshape(shape)
    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, gamma.reshape(shape), 1 / np.sqrt(var + eps))


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0, keepdims=True)
    dgamma = (dout * x_hat).sum(axis=0, keepdims=True)
    dx = gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / dout.shape[0])
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    return batchnorm_backward(dout, cache)
