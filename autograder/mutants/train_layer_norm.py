"""Statistics per example: layer normalisation by accident."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "The statistics run over the wrong axis: each example is normalised over its own features. That "
    "is another method, layer normalisation, with other properties. Look at which numbers should end "
    "up with mean 0: a row or a column?"
)


def batchnorm_train(x, gamma, beta, eps):
    mean = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
