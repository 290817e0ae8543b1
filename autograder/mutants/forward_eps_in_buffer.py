"""The running variance accumulates the variance plus eps."""

import numpy as np
from bnlab_solutions import *

LINE = 29
MISTAKE = "eps-in-running-variance"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "What goes into your running variance already contains eps, and test mode adds it again. A large "
    "eps shows it. Look at which quantity you average."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean = x.mean(axis=0)
        var = x.var(axis=0) + eps
        x_hat = (x - mean) / np.sqrt(var)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, var**-0.5)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
