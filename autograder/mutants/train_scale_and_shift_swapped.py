"""gamma is added and beta multiplies."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "scale-and-shift-swapped"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "Scale and shift have changed roles: one is added where it should multiply, and the other way round. "
    "Both have the same shape, so nothing complains. Look at the last line, and at what each of the two "
    "does to a feature."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return beta * x_hat + gamma
