"""A batch of one example is refused."""

import numpy as np
from bnlab_solutions import *

LINE = 14
MISTAKE = "single-example-special"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "A batch of a single example is refused. The definition covers it: such a batch has variance "
    "zero, and eps takes care of the rest. Work out by hand what follows for the output."
)


def batchnorm_train(x, gamma, beta, eps):
    if x.shape[0] < 2:
        raise ValueError("need at least two examples to estimate a variance")
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta
