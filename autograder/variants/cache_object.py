"""The cache is an instance of a class whose methods know the derivative."""

import numpy as np
from bnlab_solutions import *


class Memory:
    def __init__(self, x, gamma, eps):
        self.mean, self.var = batch_statistics(x)
        self.std = np.sqrt(self.var + eps)
        self.x_hat = (x - self.mean) / self.std
        self.gamma = gamma

    def parameters(self, dout):
        return (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)

    def input(self, dout):
        d = dout * self.gamma / self.std
        return d - d.mean(axis=0) - self.x_hat * (d * self.x_hat).mean(axis=0)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        memory = Memory(x, gamma, eps)
        bn_param["running_mean"] = update_running(running_mean, memory.mean, momentum)
        bn_param["running_var"] = update_running(running_var, memory.var, momentum)
        return gamma * memory.x_hat + beta, memory
    if mode == "test":
        return gamma / np.sqrt(running_var + eps) * (x - running_mean) + beta, None
    raise ValueError(f"no such mode: {mode}")


def batchnorm_backward(dout, cache):
    return cache.input(dout), *cache.parameters(dout)


def batchnorm_backward_alt(dout, cache):
    dgamma, dbeta = cache.parameters(dout)
    N = dout.shape[0]
    return cache.gamma / cache.std * (dout - dbeta / N - cache.x_hat * dgamma / N), dgamma, dbeta
