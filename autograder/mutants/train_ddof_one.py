"""Normalises with the divisor N - 1."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "You normalise with a variance that divides by one less than the number of examples. The paper "
    "and this course divide by the number of examples; with small batches the difference is large. "
    "Look at the divisor of your variance."
)


def batchnorm_train(x, gamma, beta, eps):
    mean = np.mean(x, axis=0)
    var = np.var(x, axis=0, ddof=1)
    return (x - mean) / np.sqrt(var + eps) * gamma + beta
