"""The output is collected in an array with the dtype of the input."""

import numpy as np
from bnlab_solutions import *

LINE = 13
MISTAKE = "integer-truncation"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "For a batch of integers the output is stored in an integer array, which cuts off everything "
    "behind the decimal point. Look at the dtype of the array that collects your results."
)


def batchnorm_train(x, gamma, beta, eps):
    out = np.zeros_like(x)
    for j in range(x.shape[1]):
        column = x[:, j]
        out[:, j] = gamma[j] * (column - column.mean()) / np.sqrt(column.var() + eps) + beta[j]
    return out
