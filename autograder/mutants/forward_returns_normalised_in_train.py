"""Training mode returns the normalised batch; gamma and beta are used in test mode only."""

import numpy as np
from bnlab_solutions import *

LINE = 9
MISTAKE = "scale-and-shift-forgotten-in-train"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In training mode you return the normalised batch; scale and shift take no part, so the network "
    "can never learn them. With their starting values nothing seems wrong. Look at what is returned "
    "in each mode."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        out = (x - mean) * inv_std
        cache = (out, gamma, inv_std)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        cache = None
    else:
        raise ValueError(mode)
    return out, cache
