"""Own statistics over (0, 2, 3) in both modes."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "batch-statistics-in-test"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "In test mode you normalise with the statistics of the images at hand. The prediction for one "
    "image then depends on which others are in its batch. Look at whose mean and variance test mode "
    "should use."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    C = x.shape[1]
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    if bn_param["mode"] == "train":
        for key, value in (("running_mean", mean), ("running_var", var)):
            bn_param[key] = update_running(bn_param.get(key, np.zeros(C)), value, momentum)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (np.moveaxis(x, 1, 3) - mean) * inv_std
    return np.moveaxis(gamma * x_hat + beta, 3, 1), (x_hat.reshape(-1, C), gamma, inv_std)
