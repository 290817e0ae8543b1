"""The running variance collects unbiased variances, as PyTorch does."""

import numpy as np
from bnlab_solutions import *

LINE = 25
MISTAKE = "unbiased-running-variance"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your running variance collects unbiased variances. PyTorch does so too, but the contract here is "
    "the biased variance everywhere, so that test mode agrees with training mode on the same "
    "statistics. Look at the divisor of what goes into the buffer."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        unbiased = var * N / max(N - 1, 1)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, unbiased, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
