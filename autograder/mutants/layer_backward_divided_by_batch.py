"""The sums over features are divided by the batch size N instead of D."""

import numpy as np
from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your sums run over the features of an example, but you divide them by the number of examples. "
    "For a square batch nobody notices. Look at how many numbers share one mean."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = len(dout)
    g = dout * gamma
    s1 = np.sum(g, axis=1, keepdims=True)
    s2 = np.sum(g * x_hat, axis=1, keepdims=True)
    dx = inv_std * (g - s1 / N - x_hat * s2 / N)
    return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)
