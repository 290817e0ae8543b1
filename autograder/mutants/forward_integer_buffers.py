"""Absent buffers start as zeros of the input's dtype and are filled in place; integers truncate."""

import numpy as np
from bnlab_solutions import *

LINE = 13
MISTAKE = "integer-truncation"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "For a batch of integers your running buffers become integer arrays, which cut off everything "
    "behind the decimal point. Look at the dtype of the arrays that you create and fill."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = np.zeros_like(x[0])
    running_var = np.zeros_like(x[0])
    running_mean[:] = bn_param.get("running_mean", 0)
    running_var[:] = bn_param.get("running_var", 0)
    if mode == "train":
        mean, var = batch_statistics(x)
        running_mean[:] = momentum * running_mean + (1 - momentum) * mean
        running_var[:] = momentum * running_var + (1 - momentum) * var
        bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
