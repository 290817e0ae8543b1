"""eps is added to the standard deviation in both modes."""

import numpy as np
from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In both modes your eps is added after the root has been taken. For ordinary data nobody sees it, "
    "but the result is not the one defined, and it differs a lot for a large eps or a small variance. "
    "Look at which quantity eps joins."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    zeros = np.zeros(x.shape[1], dtype=x.dtype)
    running_mean = bn_param.get("running_mean", zeros)
    running_var = bn_param.get("running_var", zeros)
    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"unknown mode {mode!r}")
    inv_std = 1 / (np.sqrt(var) + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
