"""The buffers have shape (1, C, 1, 1)."""

import numpy as np
from bnlab_solutions import *

LINE = 55
MISTAKE = "statistics-with-four-axes"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "Your running buffers have four axes, where one number per channel in a plain row was expected. "
    "Whoever loads or saves them, or gives you buffers in the agreed shape, gets another layout. Look "
    "at the shape of what you write into the parameters, and of what you read."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    C = x.shape[1]
    running_mean = np.reshape(bn_param.get("running_mean", np.zeros(C)), (1, C, 1, 1))
    running_var = np.reshape(bn_param.get("running_var", np.zeros(C)), (1, C, 1, 1))
    if mode == "train":
        mean = x.mean(axis=(0, 2, 3), keepdims=True)
        var = x.var(axis=(0, 2, 3), keepdims=True)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    out = gamma.reshape(1, C, 1, 1) * x_hat + beta.reshape(1, C, 1, 1)
    return out, (x_hat.transpose(0, 2, 3, 1).reshape(-1, C), gamma, inv_std.reshape(C))
