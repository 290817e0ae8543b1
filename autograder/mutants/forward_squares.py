"""The variance as mean of squares minus square of the mean."""

import numpy as np
from bnlab_solutions import *

LINE = 11
MISTAKE = "catastrophic-cancellation"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your variance is a difference of two large, nearly equal numbers. For data far from zero most "
    "digits cancel, and output and buffers come out badly wrong. Add a large constant to the whole "
    "batch: neither the output nor the variance should change."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean = x.mean(axis=0)
        var = (x**2).mean(axis=0) - mean**2
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
