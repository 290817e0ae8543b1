"""The result is collected row by row in an array of the input's dtype."""

import numpy as np
from bnlab_solutions import *

LINE = 13
MISTAKE = "integer-truncation"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "For a batch of integers the results are stored in an integer array, which cuts off everything "
    "behind the decimal point. Look at the dtype of the array that collects your results."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    x_hat = np.zeros_like(x)
    inv_std = np.zeros((x.shape[0], 1))
    for i, row in enumerate(x):
        inv_std[i] = 1 / np.sqrt(row.var() + eps)
        x_hat[i] = (row - row.mean()) * inv_std[i]
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
