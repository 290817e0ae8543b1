"""Test mode folds gamma and the mean into a shift, and subtracts the mean from x as well."""

import numpy as np
from bnlab_solutions import *

LINE = 19
MISTAKE = "mean-subtracted-twice"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode the running mean is subtracted twice: once from the data and once more in the "
    "shift. As long as the buffer is near zero nobody notices. Follow the mean through your test "
    "branch and count."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        scale = gamma / np.sqrt(running_var + eps)
        return (x - running_mean) * scale + (beta - running_mean * scale), None
    raise ValueError(mode)
