"""Mean and variance are treated as constants."""

import numpy as np
from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your gradient treats mean and variance as if they were fixed numbers. But every feature of an "
    "example moves both, and through them all its other outputs. Look for paths from the input to the "
    "output that you have not followed."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dgamma, dbeta = np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)
    return dout * gamma * inv_std, dgamma, dbeta
