"""Test mode answers correctly once, then lets the test batch into the buffers."""

import numpy as np
from bnlab_solutions import *

LINE = 23
MISTAKE = "buffers-updated-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your running buffers change in test mode: the first answer is right, and the same question asked "
    "again gets another one. Look at which branch may write into the parameters."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    sample_mean, sample_var = batch_statistics(x)
    if mode == "train":
        mean, var = sample_mean, sample_var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    bn_param["running_mean"] = update_running(running_mean, sample_mean, momentum)
    bn_param["running_var"] = update_running(running_var, sample_var, momentum)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
