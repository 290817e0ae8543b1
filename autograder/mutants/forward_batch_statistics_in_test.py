"""Test mode normalises with the statistics of the test batch."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "batch-statistics-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In test mode you normalise with the statistics of the batch at hand. The prediction for one "
    "example then depends on who else is in its batch, and a batch of one says nothing at all. Look "
    "at whose mean and variance test mode should use."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if mode not in {"train", "test"}:
        raise ValueError(mode)
    mean, var = batch_statistics(x)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    if mode == "train":
        bn_param["running_mean"] = update_running(
            bn_param.get("running_mean", np.zeros_like(mean)), mean, momentum
        )
        bn_param["running_var"] = update_running(
            bn_param.get("running_var", np.zeros_like(var)), var, momentum
        )
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
