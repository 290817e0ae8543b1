"""Centres the caller's batch in place."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "The batch that was handed in has changed after the call. Whoever uses it next, another branch of "
    "the network or a test, gets other numbers. Look for operations that work in place on an "
    "argument."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x -= mean
    x_hat = x * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
