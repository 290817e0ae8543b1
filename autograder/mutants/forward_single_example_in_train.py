"""A training batch of one example falls back on the running statistics."""

import numpy as np
from bnlab_solutions import *

LINE = 14
MISTAKE = "single-example-special"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "A training batch of a single example is treated as a special case. By the definition it has mean "
    "equal to itself and variance zero; work out by hand what follows for the output."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode not in ("train", "test"):
        raise ValueError(mode)
    mean, var = running_mean, running_var
    if mode == "train" and x.shape[0] > 1:
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
