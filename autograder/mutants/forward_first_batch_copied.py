"""Without buffers the first batch is copied into them, instead of averaged with zeros."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "first-batch-copied"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "When there are no buffers yet, you start them at the statistics of the first batch. That is a "
    "sensible convention, only not the one of the contract, which says what absent buffers stand for. "
    "Look at the first call."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        if "running_mean" not in bn_param:
            bn_param["running_mean"], bn_param["running_var"] = mean, var
        else:
            bn_param["running_mean"] = momentum * bn_param["running_mean"] + (1 - momentum) * mean
            bn_param["running_var"] = momentum * bn_param["running_var"] + (1 - momentum) * var
    elif mode == "test":
        mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
        var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    else:
        raise ValueError(f"unknown mode {mode!r}")
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std) if mode == "train" else None
