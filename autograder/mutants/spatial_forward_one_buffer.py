"""One running mean and variance for all channels."""

import numpy as np
from bnlab_solutions import *

LINE = 27
MISTAKE = "buffer-shared-by-features"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "One single running mean and variance is kept for all channels together. Training looks fine, and "
    "in test mode every channel is centred at the average of all. Look at the shape of what goes into "
    "the buffers."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    momentum = bn_param.get("momentum", 0.9)
    old_mean, old_var = bn_param.get("running_mean", np.zeros(C)), bn_param.get("running_var", np.zeros(C))
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * x.mean()
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * x.var()
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache
