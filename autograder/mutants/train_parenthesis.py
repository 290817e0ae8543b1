"""Only the mean is divided by the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "misplaced-parenthesis"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "A parenthesis is missing or misplaced: the division applies to the mean alone, not to the "
    "centred data. Read the expression in the order in which Python evaluates it."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x_hat = x - mean / np.sqrt(var + eps)
    return gamma * x_hat + beta
