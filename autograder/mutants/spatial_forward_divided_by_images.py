"""The sums over images and pixels are divided by N only."""

import numpy as np
from bnlab_solutions import *

LINE = 54
MISTAKE = "divided-by-images-only"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "Your sums run over images and pixels, but you divide by the number of images alone, so the mean "
    "is too large by the number of pixels. Images of a single pixel hide it. Count how many numbers "
    "each sum contains."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    N, C, H, W = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(C))
    running_var = bn_param.get("running_var", np.zeros(C))
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    if mode == "train":
        mean = rows.sum(axis=0) / N
        var = ((rows - mean) ** 2).sum(axis=0) / N
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    else:
        mean, var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (rows - mean) * inv_std
    out = (gamma * x_hat + beta).reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return out, (x_hat, gamma, inv_std)
