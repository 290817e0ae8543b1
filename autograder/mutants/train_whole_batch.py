"""One mean and one variance for the whole batch."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "global-statistics"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "One single mean and variance is used for the whole batch. Then no feature on its own has mean 0, "
    "and a feature with large numbers decides how all others are scaled. Look at how many means there "
    "should be."
)


def batchnorm_train(x, gamma, beta, eps):
    x_hat = (x - np.mean(x)) / np.sqrt(np.var(x) + eps)
    return gamma * x_hat + beta
