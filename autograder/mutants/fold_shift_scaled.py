"""beta gets scaled together with the bias."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "misplaced-parenthesis"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "A parenthesis is missing or misplaced: the shift gets scaled as well, though BN adds it after "
    "scaling. Read the expression for the bias in the order in which Python evaluates it."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = gamma / np.sqrt(var + eps)
    return W * s, (b - mean + beta) * s
