"""Any mode that is not train is taken for test."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "unknown-mode-accepted"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "A mode that does not exist is taken for one that does. A spelling mistake in the mode then "
    "trains or tests a network in silence, wrongly. Look at what your function does with a mode that "
    "it does not know."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] == "train":
        running_mean, running_var = mean, var
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
