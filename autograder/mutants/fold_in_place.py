"""Scales the caller's weights in place."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "The weights that were handed in have changed after the call, so the unfolded network is "
    "destroyed and a comparison of both is impossible. Look for operations that work in place on an "
    "argument."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = gamma / np.sqrt(var + eps)
    W *= s
    return W, (b - mean) * s + beta
