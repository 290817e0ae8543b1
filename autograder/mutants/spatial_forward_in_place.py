"""Centres the caller's images in place."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "The images that were handed in have changed after the call. Whoever uses them next, a skip "
    "connection for instance, gets other numbers. Look for operations that work in place on an "
    "argument."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    C = x.shape[1]
    mean, var = bn_param.get("running_mean", np.zeros(C)), bn_param.get("running_var", np.zeros(C))
    if mode == "train":
        mu, sigma2 = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        bn_param["running_mean"] = update_running(mean, mu, momentum)
        bn_param["running_var"] = update_running(var, sigma2, momentum)
        mean, var = mu, sigma2
    inv_std = 1 / np.sqrt(var + eps)
    x -= mean.reshape(1, C, 1, 1)
    x_hat = x * inv_std.reshape(1, C, 1, 1)
    out = gamma.reshape(1, C, 1, 1) * x_hat + beta.reshape(1, C, 1, 1)
    return out, (x_hat.transpose(0, 2, 3, 1).reshape(-1, C), gamma, inv_std)
