"""The divisor is D - 1."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your variance divides by one less than the number of features. The contract of this course is "
    "the biased variance everywhere. Look at the divisor."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean = x.mean(axis=-1, keepdims=True)
    var = np.sum((x - mean) ** 2, axis=-1, keepdims=True) / (x.shape[1] - 1)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
