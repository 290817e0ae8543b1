"""eps joins the sum of squares before that is divided by the size of the group."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-averaged"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "eps joins the sum of squares, and the division by the size of the group makes it smaller, too. The "
    "larger the group, the less of it is left. Look at the parentheses around your sum."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C = x.shape[:2]
    if C % G:
        raise ValueError(f"G = {G} does not divide C = {C}")
    groups = x.reshape(N, G, -1)
    centred = groups - groups.mean(axis=2, keepdims=True)
    size = groups.shape[2]
    inv_std = 1 / np.sqrt(((centred**2).sum(axis=2, keepdims=True) + gn_param.get("eps", 1e-5)) / size)
    x_hat = (centred * inv_std).reshape(x.shape)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
