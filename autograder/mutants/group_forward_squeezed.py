"""squeeze removes the group axis too when there is one group."""

import numpy as np
from bnlab_solutions import *

LINE = 61
MISTAKE = "one-group-crashes"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your function breaks for a single group: the axis of the groups then has length one, and you "
    "remove every such axis. A layer that works for some settings only fails in the middle of a "
    "search. Look at which axes may have length one."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    groups = x.reshape(N, G, -1)
    mean = groups.mean(axis=2, keepdims=True).squeeze()
    var = groups.var(axis=2, keepdims=True).squeeze()
    inv_std = 1 / np.sqrt(var + gn_param.get("eps", 1e-5))
    x_hat = (groups - mean[:, :, None]) * inv_std[:, :, None]
    x_hat = x_hat.reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std[:, :, None])
