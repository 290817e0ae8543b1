"""A batch of one example is passed on unnormalised."""

import numpy as np
from bnlab_solutions import *

LINE = 14
MISTAKE = "single-example-special"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "A batch of a single example is treated as a special case and keeps its numbers. By the "
    "definition it has mean equal to itself and variance zero; work out by hand what follows for the "
    "output."
)


def batchnorm_train(x, gamma, beta, eps):
    if len(x) == 1:
        return gamma * x + beta
    mean, var = batch_statistics(x)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
