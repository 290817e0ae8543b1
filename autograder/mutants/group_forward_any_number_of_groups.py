"""Where G does not divide C, the channels that are left over join no group."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "remainder-left-over"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "A number of groups that does not divide the channels is accepted, and the channels that are left "
    "over come out as they went in. A spelling mistake in a setting then passes in silence. Look at what "
    "the contract says about this case."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C = x.shape[:2]
    size = C // G
    x_hat, inv_std = np.array(x, dtype=np.result_type(x, np.float32)), np.zeros((N, G, 1))
    for g in range(G):
        part = x[:, g * size : (g + 1) * size]
        mean = part.mean(axis=(1, 2, 3), keepdims=True)
        var = part.var(axis=(1, 2, 3), keepdims=True)
        inv = 1 / np.sqrt(var + gn_param.get("eps", 1e-5))
        x_hat[:, g * size : (g + 1) * size] = (part - mean) * inv
        inv_std[:, g] = inv[:, :, 0, 0]
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
