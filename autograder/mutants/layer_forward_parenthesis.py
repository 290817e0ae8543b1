"""Only the mean is divided by the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "misplaced-parenthesis"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "A parenthesis is missing or misplaced: the division applies to the mean alone, not to the "
    "centred data. Read the expression in the order in which Python evaluates it."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean = x.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    x_hat = x - mean * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
