"""The result of the last reshape is thrown away: the output keeps the layout of the groups."""

import numpy as np
from bnlab_solutions import *

LINE = 59
MISTAKE = "reshape-result-discarded"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "You ask for the shape of the images at the end, but the result of that call is not kept, so the "
    "values stay laid out in groups. Such methods return a new view and leave the array as it is. "
    "Look at which line's result is never used."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    groups = x.reshape(N, G, C // G, H, W)
    axes = (2, 3, 4)
    inv_std = 1 / np.sqrt(groups.var(axis=axes, keepdims=True) + gn_param.get("eps", 1e-5))
    x_hat = (groups - groups.mean(axis=axes, keepdims=True)) * inv_std
    out = gamma.reshape(1, G, C // G, 1, 1) * x_hat + beta.reshape(1, G, C // G, 1, 1)
    out.reshape(N, C, H, W)
    return out, (x_hat.reshape(x.shape), gamma, inv_std.reshape(N, G, 1))
