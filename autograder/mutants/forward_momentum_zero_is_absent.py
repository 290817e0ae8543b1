"""A momentum of zero is taken for an absent one."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "zero-taken-for-absent"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "A setting of zero is treated as if it had not been given, and the default takes its place. Zero is "
    "false in a condition, but it is a legal value here. Look at how you read the settings."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum") or 0.9
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"unknown mode {mode!r}")
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std) if mode == "train" else None
