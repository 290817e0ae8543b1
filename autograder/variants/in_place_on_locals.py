"""Works in place wherever it may: on arrays of its own."""

import numpy as np
from bnlab_solutions import *


def batchnorm_train(x, gamma, beta, eps):
    out = x - x.mean(axis=0)
    var = out.var(axis=0)
    var += eps
    np.sqrt(var, out=var)
    out /= var
    out *= gamma
    out += beta
    return out


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dx = dout.copy()
    dbeta = dx.sum(axis=0)
    work = dx * x_hat
    dgamma = work.sum(axis=0)
    np.multiply(x_hat, dgamma, out=work)
    work += dbeta
    work /= len(dout)
    dx -= work
    dx *= gamma
    dx *= inv_std
    return dx, dgamma, dbeta


def standardize(x, axis):
    out = np.array(x, dtype=float)
    constant = out.max(axis=axis, keepdims=True) == out.min(axis=axis, keepdims=True)
    out -= out.mean(axis=axis, keepdims=True)
    scale = out.std(axis=axis, keepdims=True)
    scale[constant] = np.inf
    out /= scale
    return out


def layernorm_forward(x, gamma, beta, ln_param):
    x_hat = x - x.mean(axis=1)[:, None]
    inv_std = (x_hat * x_hat).mean(axis=1)[:, None]
    inv_std += ln_param.get("eps", 1e-5)
    inv_std **= -0.5
    x_hat *= inv_std
    out = x_hat * gamma
    out += beta
    return out, (x_hat, gamma, inv_std)


def update_running(running, sample, momentum):
    new = running.astype(float)
    new *= momentum
    new += (1 - momentum) * sample
    return new
