"""eps is left out."""

import numpy as np
from bnlab_solutions import *

LINE = 2
MISTAKE = "eps-omitted"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your eps takes no part in the computation. An example whose features are all equal then leads to "
    "a division by zero. Look at what happens when a variance is zero."
)


def layernorm_forward(x, gamma, beta, ln_param):
    mu = np.mean(x, axis=1, keepdims=True)
    sigma = np.std(x, axis=1, keepdims=True)
    x_hat = (x - mu) / sigma
    out = gamma * x_hat + beta
    return out, (x_hat, gamma, 1 / sigma)
