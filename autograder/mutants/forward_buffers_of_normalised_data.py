"""x was overwritten by its normalised form before the buffers were updated."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "buffers-from-normalised-data"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your buffers collect the mean and variance of data that are already normalised: nearly zeros and "
    "ones, whatever the batch. Test mode then leaves new data as they are. Look at what the name you take "
    "the statistics of stands for by then."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if mode == "train":
        inv_std = 1 / np.sqrt(x.var(axis=0) + eps)
        x = (x - x.mean(axis=0)) * inv_std
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * x.mean(axis=0)
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * x.var(axis=0)
        return gamma * x + beta, (x, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(f"unknown mode {mode!r}")
