"""eps is read under a misspelt key, so the default is always used."""

import numpy as np
from bnlab_solutions import *

LINE = 4
MISTAKE = "eps-fixed"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "The eps in the parameters that the caller gives never arrives: you look it up under another name "
    "and always get your default. With the customary value nobody notices. Compare the spelling of "
    "each key with the contract."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("epsilon", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        cache = (x_hat, gamma, inv_std)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        cache = None
    else:
        raise ValueError(f"unknown mode {mode!r}")
    return gamma * x_hat + beta, cache
