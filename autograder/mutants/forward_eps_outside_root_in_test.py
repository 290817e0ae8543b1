"""eps stands under the root in training and outside it in testing."""

import numpy as np
from bnlab_solutions import *

LINE = 17
MISTAKE = "eps-outside-root-in-test"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "In training mode eps stands under the root, in test mode outside it. The network is then tested "
    "as another one than was trained; a large eps shows it. Compare your two branches term by term."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    D = x.shape[1]
    r_mean = bn_param.get("running_mean", np.zeros(D))
    r_var = bn_param.get("running_var", np.zeros(D))
    if mode == "train":
        mean, var = batch_statistics(x)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        bn_param["running_mean"] = update_running(r_mean, mean, momentum)
        bn_param["running_var"] = update_running(r_var, var, momentum)
        return gamma * x_hat + beta, (x_hat, gamma, inv_std)
    elif mode == "test":
        x_hat = (x - r_mean) / (np.sqrt(r_var) + eps)
        return gamma * x_hat + beta, None
    raise ValueError(mode)
