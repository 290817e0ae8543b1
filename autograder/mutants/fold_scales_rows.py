"""The rows of W are scaled instead of its columns."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "weights-scaled-by-row"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "You scale the rows of the weights, but a factor of BN belongs to an output feature, and outputs "
    "are columns. For a square matrix nothing complains. Look at which entries of the weights feed "
    "one output."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = gamma / np.sqrt(var + eps)
    return W * s[:, np.newaxis], (b - mean) * s + beta
