"""Multiplies by the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = 66
MISTAKE = "multiplied-by-std"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "You multiply by the standard deviation where a division is needed. An example that is spread out "
    "gets spread out even more. Look at the spread of your result before and after."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    x_hat = (x - mean) * std
    return gamma * x_hat + beta, (x_hat, gamma, std)
