"""The cache holds twelve items, every node that came up, and the backward pass goes through all of them."""

import numpy as np
from bnlab_solutions import *


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    if mode == "test":
        return (x - running_mean) / np.sqrt(running_var + eps) * gamma + beta, (None,) * 12
    if mode != "train":
        raise ValueError(mode)
    mu = np.sum(x, axis=0) / N
    xmu = x - mu
    sq = xmu**2
    var = np.sum(sq, axis=0) / N
    var_eps = var + eps
    sqrtvar = np.sqrt(var_eps)
    ivar = 1 / sqrtvar
    xhat = xmu * ivar
    gammax = gamma * xhat
    out = gammax + beta
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mu
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    return out, (x, mu, xmu, sq, var, var_eps, sqrtvar, ivar, xhat, gamma, gammax, eps)


def batchnorm_backward(dout, cache):
    _x, _mu, xmu, sq, _var, var_eps, sqrtvar, ivar, xhat, gamma, gammax, _eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var_eps) * dsqrtvar
    dsq = 1.0 / N * np.ones(sq.shape) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    assert dx.shape == gammax.shape
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    ivar, xhat, gamma = cache[7], cache[8], cache[9]
    N = dout.shape[0]
    dbeta, dgamma = np.sum(dout, axis=0), np.sum(dout * xhat, axis=0)
    return (1.0 / N) * ivar * gamma * (N * dout - dbeta - xhat * dgamma), dgamma, dbeta
