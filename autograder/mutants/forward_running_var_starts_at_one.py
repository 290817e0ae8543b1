"""An absent running variance starts at one."""

import numpy as np
from bnlab_solutions import *

LINE = 26
MISTAKE = "running-var-starts-at-one"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "When there is no running variance yet, yours starts at one. Some libraries do that; the contract "
    "here says zero, and saved statistics of the first steps differ. Look at what you assume for "
    "absent buffers."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.ones(D))
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
