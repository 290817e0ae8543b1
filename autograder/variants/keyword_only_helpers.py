"""Helpers with keyword-only defaults; the exercises themselves take extra optional arguments."""

import numpy as np
from bnlab_solutions import *


def normalised(x, *, mean=None, var=None, eps=1e-5, axis=0):
    mean = x.mean(axis=axis, keepdims=True) if mean is None else mean
    var = x.var(axis=axis, keepdims=True) if var is None else var
    return (x - mean) / np.sqrt(var + eps)


def batchnorm_train(x, gamma, beta, eps, *, axis=0):
    return gamma * normalised(x, eps=eps, axis=axis) + beta


def batchnorm_forward(x, gamma, beta, bn_param, *, verbose=False):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    keep, zero = bn_param.get("momentum", 0.9), np.zeros(x.shape[1])
    means, variances = bn_param.get("running_mean", zero), bn_param.get("running_var", zero)
    if verbose:
        print(mode, eps)
    if mode == "train":
        mean, var = batch_statistics(x)
        x_hat = normalised(x, eps=eps)
        bn_param["running_mean"] = keep * means + (1 - keep) * mean
        bn_param["running_var"] = keep * variances + (1 - keep) * var
        return gamma * x_hat + beta, (x_hat, gamma, (var + eps) ** -0.5)
    if mode == "test":
        return gamma * normalised(x, mean=means, var=variances, eps=eps) + beta, None
    raise ValueError(mode)


def layernorm_forward(x, gamma, beta, ln_param, *, axis=1):
    eps = ln_param.get("eps", 1e-5)
    x_hat = normalised(x, eps=eps, axis=axis)
    return gamma * x_hat + beta, (x_hat, gamma, (x.var(axis=axis, keepdims=True) + eps) ** -0.5)


def standardize(x, axis, *, tiny=0.0):
    constant = x.max(axis=axis, keepdims=True) - x.min(axis=axis, keepdims=True) <= tiny
    return np.where(constant, 0.0, normalised(x, eps=1.0 * constant, axis=axis))
