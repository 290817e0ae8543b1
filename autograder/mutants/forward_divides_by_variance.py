"""Divides by the variance in both modes."""

import numpy as np
from bnlab_solutions import *

LINE = 5
MISTAKE = "divided-by-variance"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "You divide by the variance where its square root is meant. With a variance near one nobody "
    "notices; features on another scale come out on the wrong one. Check the units: what has the same "
    "unit as the data?"
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
    factor = 1 / (var + eps)
    x_hat = (x - mean) * factor
    out = gamma * x_hat + beta
    return out, (x_hat, gamma, factor)
