"""beta is forgotten."""

import numpy as np
from bnlab_solutions import *

LINE = 9
MISTAKE = "shift-forgotten"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "The shift takes no part in your result, so every feature is stuck with mean 0. Give each feature "
    "another shift and look at the means of the result."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    inv_std = 1 / np.sqrt(var + eps)
    return gamma * ((x - mean) * inv_std)
