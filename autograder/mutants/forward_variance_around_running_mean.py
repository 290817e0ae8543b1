"""The running variance collects squared distances to the running mean, not to the batch's."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "variance-around-running-mean"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "The variance that goes into your buffer is measured from the running mean instead of the batch's "
    "own. While the running mean is still far from the data, the buffer comes out much too large. Look at "
    "which mean the squared distances start from."
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
        spread = ((x - bn_param["running_mean"]) ** 2).mean(axis=0)
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * spread
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"unknown mode {mode!r}")
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std) if mode == "train" else None
