"""Divides by the running variance in test mode only."""

import numpy as np
from bnlab_solutions import *

LINE = 5
MISTAKE = "divided-by-variance-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode you divide by the running variance where its square root is meant. Training looks "
    "fine and the finished network predicts nonsense for features whose variance is far from one. "
    "Compare your two branches term by term."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros_like(gamma))
    running_var = bn_param.get("running_var", np.zeros_like(gamma))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param.update(
            running_mean=update_running(running_mean, mean, momentum),
            running_var=update_running(running_var, var, momentum),
        )
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / (running_var + eps) + beta, None
    raise ValueError(mode)
