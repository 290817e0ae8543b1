"""eps is left out in training mode only."""

import numpy as np
from bnlab_solutions import *

LINE = 2
MISTAKE = "eps-omitted-in-train"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In training mode your eps takes no part in the computation; in test mode it does. The two modes "
    "then compute different functions, and a constant feature breaks training. Compare your two "
    "branches term by term."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros_like(gamma))
    running_var = bn_param.get("running_var", np.zeros_like(gamma))
    if mode == "train":
        mean, std = x.mean(axis=0), x.std(axis=0)
        x_hat = (x - mean) / std
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, std**2, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, 1 / std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
