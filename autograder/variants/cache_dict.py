"""The cache is a dictionary, and alt reads other entries of it than the plain version."""

import numpy as np
from bnlab_solutions import *


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))

    if mode == "train":
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        x_norm = (x - mean) / np.sqrt(var + eps)
        out = gamma * x_norm + beta
        cache = {"x": x, "mean": mean, "var": var, "x_norm": x_norm, "gamma": gamma, "eps": eps, "N": N}
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        cache = {}
    else:
        raise ValueError(f'Invalid forward batchnorm mode "{mode}"')

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x, mean, var, N = cache["x"], cache["mean"], cache["var"], cache["N"]
    std = np.sqrt(var + cache["eps"])
    dbeta = dout.sum(axis=0)
    dgamma = (dout * cache["x_norm"]).sum(axis=0)
    dx_norm = dout * cache["gamma"]
    dvar = (dx_norm * (x - mean) * -0.5 * std**-3).sum(axis=0)
    dmean = (-dx_norm / std).sum(axis=0) + dvar * (-2 * (x - mean)).mean(axis=0)
    dx = dx_norm / std + dvar * 2 * (x - mean) / N + dmean / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    N, x_norm = cache["N"], cache["x_norm"]
    dbeta, dgamma = dout.sum(axis=0), (dout * x_norm).sum(axis=0)
    scale = cache["gamma"] / np.sqrt(cache["var"] + cache["eps"]) / N
    return scale * (N * dout - dbeta - x_norm * dgamma), dgamma, dbeta
