"""Test mode returns the normalised data without gamma and beta."""

import numpy as np
from bnlab_solutions import *

LINE = 18
MISTAKE = "scale-and-shift-forgotten-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode you return the normalised data; what the network has learnt as scale and shift is "
    "thrown away. Training looks fine and predictions are off. Compare what you return in the two "
    "modes."
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
        out = gamma * x_hat + beta
        return out, (x_hat, gamma, inv_std)
    elif mode == "test":
        out = (x - running_mean) / np.sqrt(running_var + eps)
        return out, None
    else:
        raise ValueError("Invalid forward batchnorm mode")
