"""In test mode without buffers the batch's own statistics are used."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "batch-statistics-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode without buffers you fall back on the statistics of the batch. An answer then depends on "
    "who else is in the batch, and a buffer that got lost is never missed. Look at what the contract says "
    "about absent buffers."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        known = "running_mean" in bn_param
        mean = running_mean if known else x.mean(axis=0)
        var = running_var if known else x.var(axis=0)
    else:
        raise ValueError(f"unknown mode {mode!r}")
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std) if mode == "train" else None
