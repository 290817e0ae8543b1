"""Training mode updates the buffers and then normalises with them."""

import numpy as np
from bnlab_solutions import *

LINE = 24
MISTAKE = "running-statistics-in-train"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In training mode you normalise with the running buffers. Then the batch does not get mean 0, the "
    "output depends on earlier batches, and the backward pass of this course belongs to another "
    "function. Look at whose mean and variance training mode should use."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        running_mean = update_running(running_mean, mean, momentum)
        running_var = update_running(running_var, var, momentum)
        bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    elif mode != "test":
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(running_var + eps)
    x_hat = (x - running_mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
