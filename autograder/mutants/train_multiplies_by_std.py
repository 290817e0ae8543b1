"""Multiplies by the standard deviation instead of dividing."""

import numpy as np
from bnlab_solutions import *

LINE = 66
MISTAKE = "multiplied-by-std"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "You multiply by the standard deviation where a division is needed. A feature that is spread out "
    "gets spread out even more. Look at the spread of your result before and after."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    std = np.sqrt(var + eps)
    return gamma * ((x - mean) * std) + beta
