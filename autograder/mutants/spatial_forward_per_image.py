"""Every channel of every image is normalised on its own: instance norm by accident."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "statistics-per-image"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "Your statistics run over the pixels of a single image. That is instance normalisation; in batch "
    "normalisation all images of the batch share the statistics of a channel. Count the numbers in your "
    "mean."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    N, C = x.shape[:2]
    running_mean = bn_param.get("running_mean", np.zeros(C, x.dtype))
    running_var = bn_param.get("running_var", np.zeros(C, x.dtype))
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean.mean(axis=(0, 2, 3))
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var.mean(axis=(0, 2, 3))
    else:
        mean, var = running_mean.reshape(1, C, 1, 1), running_var.reshape(1, C, 1, 1)
    x_hat = (x - mean) / np.sqrt(var + eps)
    out = gamma.reshape(1, C, 1, 1) * x_hat + beta.reshape(1, C, 1, 1)
    rows = x_hat.transpose(0, 2, 3, 1).reshape(-1, C)
    return out, (rows, gamma, 1 / np.sqrt(np.broadcast_to(var, (N, C, 1, 1)).mean(axis=(0, 2, 3)) + eps))
