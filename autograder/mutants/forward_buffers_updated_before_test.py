"""Both modes update the buffers; test mode then uses the updated ones."""

import numpy as np
from bnlab_solutions import *

LINE = 23
MISTAKE = "buffers-updated-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your running buffers change in test mode. Then the answer for one example depends on which "
    "others were asked about before. Look at which branch may write into the parameters."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean, var = batch_statistics(x)
    running_mean = bn_param.get("running_mean", np.zeros_like(mean))
    running_var = bn_param.get("running_var", np.zeros_like(var))
    running_mean = bn_param["running_mean"] = update_running(running_mean, mean, momentum)
    running_var = bn_param["running_var"] = update_running(running_var, var, momentum)
    if mode == "test":
        mean, var = running_mean, running_var
    elif mode != "train":
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
