"""One running mean and one running variance for all features together."""

import numpy as np
from bnlab_solutions import *

LINE = 27
MISTAKE = "buffer-shared-by-features"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "One single running mean and variance is kept for all features together. Training looks fine, and "
    "in test mode every feature is centred at the average of all. Look at the shape of what goes into "
    "the buffers."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param["running_mean"] = update_running(running_mean, np.mean(x), momentum)
        bn_param["running_var"] = update_running(running_var, np.var(x), momentum)
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
