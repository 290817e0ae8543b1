"""Takes np.var and np.std ready-made, also through their keyword where."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    return np.mean(x, 0), np.std(x, 0) ** 2


def standardize(x, axis):
    mean = np.mean(x, axis=axis, keepdims=True)
    std = np.std(x, axis=axis, keepdims=True)
    constant = np.ptp(x, axis=axis, keepdims=True) == 0
    return np.divide(x - mean, std, out=np.zeros(x.shape), where=~(constant | np.zeros(x.shape, dtype=bool)))


def batchnorm_train(x, gamma, beta, eps):
    return gamma * ((x - np.mean(x, axis=0)) / np.sqrt(np.std(x, axis=0) ** 2 + eps)) + beta


def layernorm_forward(x, gamma, beta, ln_param):
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    std = np.sqrt(var + ln_param.get("eps", 1e-5))
    return gamma * (x - mean) / std + beta, (x, mean, std, gamma)


def layernorm_backward(dout, cache):
    x, mean, std, gamma = cache
    D = x.shape[1]
    xmu = x - mean
    dx_hat = dout * gamma
    dstd = np.sum(-dx_hat * xmu / std**2, axis=1, keepdims=True)
    dvar = 0.5 * dstd / std
    dxmu = dx_hat / std + 2 * xmu / D * dvar
    dx = dxmu - np.sum(dxmu, axis=1, keepdims=True) / D
    return dx, np.sum(dout * xmu / std, axis=0), np.sum(dout, axis=0)
