"""Normalises, and fills the buffers, with the divisor N - 1."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "You normalise with a variance that divides by one less than the number of examples. The paper "
    "and this course divide by the number of examples; with small batches the difference is large. "
    "Look at the divisor of your variance."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    cache = None
    if mode == "train":
        mean = np.mean(x, axis=0)
        var = np.var(x, axis=0, ddof=1)
        inv_std = 1 / np.sqrt(var + eps)
        xhat = (x - mean) * inv_std
        cache = (xhat, gamma, inv_std)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        bn_param["running_mean"] = running_mean
        bn_param["running_var"] = running_var
    elif mode == "test":
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
    else:
        raise ValueError("invalid mode")
    return xhat * gamma + beta, cache
