"""momentum weighs the batch instead of the buffer."""

import numpy as np
from bnlab_solutions import *

LINE = 15
MISTAKE = "momentum-swapped"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "The two weights of your running averages have changed places: the momentum weighs the new batch. "
    "With 0.9 the buffers then follow the last batch and forget the others. Look at which term "
    "dominates for a momentum near one."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param["running_mean"] = (1 - momentum) * running_mean + momentum * mean
        bn_param["running_var"] = (1 - momentum) * running_var + momentum * var
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    raise ValueError(mode)
