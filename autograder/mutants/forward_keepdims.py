"""The running buffers become (1, D), because the statistics keep their axis."""

import numpy as np
from bnlab_solutions import *

LINE = 21
MISTAKE = "kept-dimensions"
EXERCISE = "batchnorm_forward"
POINTS = "full"
MESSAGE = (
    "Your running buffers have shape (1, D) where (D,) was expected. Broadcasting forgives it almost "
    "everywhere, so it costs nothing here, but code that indexes or saves them may stumble. Look at "
    "how the reduction treats the axis."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros((1, x.shape[1])))
    running_var = bn_param.get("running_var", np.zeros((1, x.shape[1])))
    cache = None
    if mode == "train":
        mean = x.mean(axis=0, keepdims=True)
        var = x.var(axis=0, keepdims=True)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        cache = (x_hat, gamma, inv_std)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
    else:
        raise ValueError(mode)
    return gamma * x_hat + beta, cache
