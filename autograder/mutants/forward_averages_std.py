"""Standard deviations are averaged and the average is squared into the buffer."""

import numpy as np
from bnlab_solutions import *

LINE = 20
MISTAKE = "std-averaged"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "You average standard deviations and square the result. The square of an average is not the "
    "average of the squares, so the buffer comes out too small. Check which quantity the running "
    "average runs over."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        running_std = momentum * np.sqrt(running_var) + (1 - momentum) * np.sqrt(var)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = running_std**2
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
