"""Own statistics over (0, 2, 3), with eps outside the root."""

import numpy as np
from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "Your eps is added after the root has been taken. For ordinary images nobody sees it, but the "
    "result is not the one defined; a large eps shows it. Look at which quantity eps joins."
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
    inv_std = 1 / (np.sqrt(var) + eps)
    x_hat = (x.transpose(0, 2, 3, 1) - mean) * inv_std
    out = (gamma * x_hat + beta).transpose(0, 3, 1, 2)
    return out, (x_hat.reshape(-1, C), gamma, inv_std)
