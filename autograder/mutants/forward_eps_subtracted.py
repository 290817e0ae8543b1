"""eps is subtracted from the variance."""

import numpy as np
from bnlab_solutions import *

LINE = 3
MISTAKE = "eps-subtracted"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your eps is taken away where it should be added. A variance smaller than eps then becomes "
    "negative, and its root is not a number. Look at the sign in front of eps."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    elif bn_param["mode"] == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(bn_param["mode"])
    inv_std = (var - eps) ** -0.5
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
