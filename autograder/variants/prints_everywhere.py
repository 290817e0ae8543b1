"""Functions print what they see, as one does while debugging."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    mean, var = x.mean(axis=0), x.var(axis=0)
    print("mean", mean.shape, "var", var.shape)
    return mean, var


def standardize(x, axis):
    print("standardizing along", axis)
    span = x.max(axis=axis, keepdims=True) - x.min(axis=axis, keepdims=True)
    out = x - x.mean(axis=axis, keepdims=True)
    deviation = out.std(axis=axis, keepdims=True)
    return np.where(span > 0, out / np.where(deviation > 0, deviation, 1), 0)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    print(f"dout {dout.shape}, x_hat {x_hat.shape}")
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(x_hat * dout, axis=0)
    dx_hat = dout * gamma
    dvar = -0.5 * inv_std**2 * np.sum(dx_hat * x_hat, axis=0)
    dmean = -inv_std * np.sum(dx_hat, axis=0)
    dx = dx_hat * inv_std + (dmean + 2 * dvar * x_hat / inv_std) / len(dout)
    print("dx:", dx.mean(), "+/-", dx.std())
    return dx, dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    print("N C H W =", N, C, H, W)
    out, cache = batchnorm_forward(x.transpose(0, 3, 2, 1).reshape(N * H * W, C), gamma, beta, bn_param)
    return out.reshape(N, W, H, C).transpose(0, 3, 2, 1), cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    print("backward", dout.shape)
    dx, dgamma, dbeta = batchnorm_backward(dout.transpose(0, 3, 2, 1).reshape(N * H * W, C), cache)
    return dx.reshape(N, W, H, C).transpose(0, 3, 2, 1), dgamma, dbeta
