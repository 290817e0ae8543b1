"""The buffer for the variance holds standard deviations, and test mode divides by it."""

import numpy as np
from bnlab_solutions import *

LINE = 20
MISTAKE = "std-in-running-buffer"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "The buffer for the running variance holds standard deviations. Whoever reads it as a variance, a "
    "saved network or test mode with given buffers, gets another scale. Check which of the two each "
    "name stands for, when you write it and when you read it."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_std = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        std = np.sqrt(var + eps)
        x_hat = (x - mean) / std
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_std, std, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, 1 / std)
    if mode == "test":
        return gamma * (x - running_mean) / running_std + beta, None
    raise ValueError(mode)
