"""A loop over the groups takes gamma and beta by the group's index."""

import numpy as np
from bnlab_solutions import *

LINE = 60
MISTAKE = "parameters-per-group"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your scale and shift are picked by group, but each channel has its own. As long as the channels "
    "of a group share their parameters nobody notices. Look at what the index of your loop runs over."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    eps, size = gn_param.get("eps", 1e-5), C // G
    out, x_hat = np.zeros((N, C, H, W)), np.zeros((N, C, H, W))
    inv_std = np.zeros((N, G, 1))
    for g in range(G):
        channels = slice(g * size, (g + 1) * size)
        part = x[:, channels]
        mean, var = part.mean(axis=(1, 2, 3), keepdims=True), part.var(axis=(1, 2, 3), keepdims=True)
        inv_std[:, g] = 1 / np.sqrt(var + eps).reshape(N, 1)
        x_hat[:, channels] = (part - mean) / np.sqrt(var + eps)
        out[:, channels] = gamma[0, g] * x_hat[:, channels] + beta[0, g]
    return out, (x_hat, gamma, inv_std)
