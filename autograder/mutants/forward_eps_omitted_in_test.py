"""eps is left out in test mode only."""

import numpy as np
from bnlab_solutions import *

LINE = 16
MISTAKE = "eps-omitted-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode your eps takes no part in the computation; in training mode it does. The network is "
    "then tested as a slightly different one than was trained, and buffers of zero break it. Compare "
    "your two branches term by term."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    cache = None
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        cache = (x_hat, gamma, inv_std)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var)
    else:
        raise ValueError(f"mode must be train or test, not {mode}")
    return gamma * x_hat + beta, cache
