"""Functions defined inside functions do the work."""

import numpy as np
from bnlab_solutions import *


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)

    def normalise(mean, var):
        scale = 1 / np.sqrt(var + eps)
        return (x - mean) * scale, scale

    def remember(key, value):
        old = bn_param[key] if key in bn_param else np.zeros(x.shape[1])
        m = bn_param.get("momentum", 0.9)
        bn_param[key] = m * old + (1 - m) * value

    def train():
        mean, var = x.mean(axis=0), x.var(axis=0)
        remember("running_mean", mean)
        remember("running_var", var)
        return normalise(mean, var)

    def test():
        zero = np.zeros(x.shape[1])
        return normalise(bn_param.get("running_mean", zero), bn_param.get("running_var", zero))

    modes = {"train": train, "test": test}
    if bn_param["mode"] not in modes:
        raise ValueError(f"unknown mode {bn_param['mode']}")
    x_hat, scale = modes[bn_param["mode"]]()
    return gamma * x_hat + beta, (x_hat, gamma, scale)


def batchnorm_backward(dout, cache):
    x_hat, gamma, scale = cache

    def average(values):
        return values.sum(axis=0) / values.shape[0]

    def without(values, direction):
        return values - direction * average(values * direction)

    dx = gamma * scale * without(dout - average(dout), x_hat)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def numerical_gradient(f, x, dout, h=1e-5):
    def moved(index, by):
        y = np.array(x, dtype=float)
        y[index] += by
        return np.array(f(y))

    def slope(index):
        rise = moved(index, h) - moved(index, -h)
        if rise.shape != dout.shape:
            raise ValueError(f"{rise.shape} is not {dout.shape}")
        return (rise * dout).sum() / (2 * h)

    return np.array([slope(index) for index in np.ndindex(x.shape)]).reshape(x.shape)
