"""beta is added before gamma multiplies."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "misplaced-parenthesis"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "A parenthesis is missing or misplaced: the shift gets scaled as well. As long as the scale is "
    "one, nobody notices. Read the last line in the order in which Python evaluates it."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    return gamma * ((x - mean) / np.sqrt(var + eps) + beta)
