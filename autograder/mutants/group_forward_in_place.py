"""Centres a reshaped view in place, and with it the caller's images."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "The images that were handed in have changed after the call. A reshaped array is often a view of "
    "the same memory, so working on it in place changes the original. Look for operations that work "
    "in place, also on views."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    groups = x.reshape(N, G, C // G * H * W)
    groups -= groups.mean(axis=2, keepdims=True)
    inv_std = 1 / np.sqrt(np.mean(groups**2, axis=2, keepdims=True) + gn_param.get("eps", 1e-5))
    x_hat = (groups * inv_std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
