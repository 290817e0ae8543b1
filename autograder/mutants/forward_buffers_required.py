"""The first call, without buffers, raises KeyError."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "buffers-required"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your function breaks when the parameters hold no buffers yet, as on the very first step. The "
    "contract says what is assumed for absent buffers. Look at how you read optional entries."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean, running_var = bn_param["running_mean"], bn_param["running_var"]
    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
