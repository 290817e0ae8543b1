"""In test mode only the mean is divided by the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = 19
MISTAKE = "misplaced-parenthesis-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode a parenthesis is missing or misplaced: the division applies to the mean alone, not "
    "to the centred data. Read the expression in the order in which Python evaluates it."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean / np.sqrt(running_var + eps)) + beta, None
    raise ValueError(mode)
