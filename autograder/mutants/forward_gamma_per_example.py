"""gamma and beta are turned into columns, one number per example."""

import numpy as np
from bnlab_solutions import *

LINE = 8
MISTAKE = "gamma-per-example"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your scale and shift are laid out as one number per example, but they belong to features: one "
    "number for each column. For a square batch nothing complains and the result is wrong. Look at "
    "the shape that you give them before you multiply."
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
    x_hat = (x - mean) * inv_std
    out = gamma.reshape(-1, 1) * x_hat + beta.reshape(-1, 1)
    return out, (x_hat, gamma, inv_std)
