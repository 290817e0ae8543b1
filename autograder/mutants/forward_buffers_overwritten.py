"""The buffers hold the last batch; momentum takes no part."""

import numpy as np
from bnlab_solutions import *

LINE = 28
MISTAKE = "running-overwritten"
EXERCISE = "batchnorm_forward"
MESSAGE = (
    "Your buffers hold the statistics of the last batch; nothing of the earlier ones remains. One odd "
    "batch at the end of training then decides about all predictions. Look at what the old average "
    "contributes to the new one."
)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"], bn_param["running_var"] = mean, var
    elif mode == "test":
        mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
        var = bn_param.get("running_var", np.zeros(x.shape[1]))
    else:
        raise ValueError(mode)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
