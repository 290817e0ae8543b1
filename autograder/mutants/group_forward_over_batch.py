"""The statistics of a group run over the batch as well."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your statistics run over one axis too many: over the examples as well, so an image's output "
    "depends on its batch-mates. That dependence is what group normalisation was made to avoid. Check "
    "over which axes each mean runs."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    groups = x.reshape(N, G, C // G * H * W)
    mean = groups.mean(axis=(0, 2), keepdims=True)
    var = groups.var(axis=(0, 2), keepdims=True)
    inv_std = 1 / np.sqrt(var + gn_param.get("eps", 1e-5))
    x_hat = ((groups - mean) * inv_std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, np.repeat(inv_std, N, axis=0))
