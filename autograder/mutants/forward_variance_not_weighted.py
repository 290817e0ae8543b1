"""momentum weighs the old running variance, but the new batch's variance enters in full."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sample-not-weighted"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "One of your running averages weighs the past but takes the new batch in full, so it grows far beyond "
    "any value it ever saw. Compare the two update lines term by term, and add up the weights in each."
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
        bn_param["running_var"] = momentum * running_var + var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"unknown mode {mode!r}")
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std) if mode == "train" else None
