"""The variance is raised to eps where it is smaller, instead of adding eps."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-as-floor"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "eps acts as a lower bound: it replaces a variance that is smaller and leaves all others alone. "
    "Divisions by zero are prevented, but another function is computed, and its gradient has a kink. Look "
    "at how the definition joins variance and eps."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(np.maximum(var, eps))
    return gamma * x_hat + beta
