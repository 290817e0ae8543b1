"""The variance as mean of squares minus square of the mean."""

import numpy as np
from bnlab_solutions import *

LINE = 11
MISTAKE = "catastrophic-cancellation"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your variance is a difference of two large, nearly equal numbers. For data far from zero most "
    "digits cancel, and the result comes out badly wrong. Add a large constant to an example: its "
    "output should not change."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean = np.mean(x, axis=1, keepdims=True)
    var = np.mean(np.square(x), axis=1, keepdims=True) - np.square(mean)
    inv_std = 1 / np.sqrt(np.maximum(var, 0) + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
