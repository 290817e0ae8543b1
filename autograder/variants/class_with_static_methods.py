"""One class holds everything as static methods, which are then bound to the names of the exercises."""

import numpy as np
from bnlab_solutions import *


class BN:
    """Batch Normalization, all in one place."""

    @staticmethod
    def statistics(x):
        mean = x.mean(axis=0)
        return mean, ((x - mean) ** 2).mean(axis=0)

    @staticmethod
    def train(x, gamma, beta, eps):
        mean, var = BN.statistics(x)
        return (x - mean) * (gamma / np.sqrt(var + eps)) + beta

    @staticmethod
    def running(running, sample, momentum):
        return sample + momentum * (running - sample)

    @classmethod
    def forward(cls, x, gamma, beta, bn_param):
        mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        zero = np.zeros(x.shape[1])
        if mode == "train":
            mean, var = cls.statistics(x)
            bn_param["running_mean"] = cls.running(bn_param.get("running_mean", zero), mean, momentum)
            bn_param["running_var"] = cls.running(bn_param.get("running_var", zero), var, momentum)
        elif mode == "test":
            mean, var = bn_param.get("running_mean", zero), bn_param.get("running_var", zero)
        else:
            raise ValueError(mode)
        inv_std = 1 / np.sqrt(var + eps)
        return gamma * ((x - mean) * inv_std) + beta, ((x - mean) * inv_std, gamma, inv_std)

    @staticmethod
    def backward(dout, cache):
        x_hat, gamma, inv_std = cache
        d = gamma * inv_std * dout
        dx = d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)
        return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


batch_statistics = BN.statistics
batchnorm_train = BN.train
update_running = BN.running
batchnorm_forward = BN.forward
batchnorm_backward = batchnorm_backward_alt = BN.backward
