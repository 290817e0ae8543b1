"""eps is left out in both modes."""

import numpy as np
from bnlab_solutions import *

LINE = 2
MISTAKE = "eps-omitted"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your eps takes no part in the computation. Ordinary data do not show it; a constant feature, or "
    "buffers that are still zero, lead to a division by zero. Look at what happens when a variance is "
    "zero."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    momentum = bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "train":
        mu = x.mean(axis=0)
        var = x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mu, var = running_mean, running_var
    else:
        raise ValueError("unknown mode: " + mode)
    inv_std = 1 / np.sqrt(var)
    x_hat = (x - mu) * inv_std
    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
