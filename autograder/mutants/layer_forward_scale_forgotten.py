"""Returns the normalised data."""

import numpy as np
from bnlab_solutions import *

LINE = 9
MISTAKE = "scale-and-shift-forgotten"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "You return the normalised data; scale and shift take no part. With their starting values nothing "
    "seems wrong, but the layer can never learn them. Look at what is returned."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    x_hat = x - x.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt((x_hat**2).mean(axis=1, keepdims=True) + eps)
    x_hat = x_hat * inv_std
    return x_hat, (x_hat, gamma, inv_std)
