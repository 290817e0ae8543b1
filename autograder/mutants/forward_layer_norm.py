"""Training mode normalises each example over its features."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "The statistics run over the wrong axis: each example is normalised over its own features. That "
    "is another method, layer normalisation, and what goes into the buffers does not belong to "
    "features. Look at which numbers should end up with mean 0: a row or a column?"
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean = x.mean(axis=1, keepdims=True)
        var = x.var(axis=1, keepdims=True)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean.mean()
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var.mean()
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
