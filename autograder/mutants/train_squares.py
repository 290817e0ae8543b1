"""The variance as mean of squares minus square of the mean."""

import numpy as np
from bnlab_solutions import *

LINE = 11
MISTAKE = "catastrophic-cancellation"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "Your variance is a difference of two large, nearly equal numbers. For data far from zero most "
    "digits cancel, and the result comes out badly wrong. Add a large constant to the whole batch: "
    "the output should not change."
)


def batchnorm_train(x, gamma, beta, eps):
    N = x.shape[0]
    mean = np.sum(x, axis=0) / N
    var = np.sum(x * x, axis=0) / N - mean * mean
    return gamma * (x - mean) / np.sqrt(np.maximum(var, 0) + eps) + beta
