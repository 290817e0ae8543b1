"""The buffers live in one global dictionary that all layers share."""

import numpy as np
from bnlab_solutions import *

LINE = 27
MISTAKE = "buffer-shared-by-layers"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "All layers write into one common pair of buffers, and the ones that the caller hands in are not "
    "read. Two layers then mix their statistics, and saved buffers have no effect. Look at where your "
    "buffers live."
)


BUFFERS = {}


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = BUFFERS.setdefault("mean", np.zeros(x.shape[1]))
    running_var = BUFFERS.setdefault("var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        BUFFERS["mean"] = bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        BUFFERS["var"] = bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
