"""One mean and one variance for all features together, repeated for each."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "global-statistics"
EXERCISE = "batch_statistics"
MESSAGE = (
    "One single mean and variance is used for all features together. A feature with large numbers "
    "then decides how all others are scaled. Look at how many means a batch of D features has."
)


def batch_statistics(x):
    D = x.shape[1]
    return np.full(D, x.mean()), np.full(D, x.var())
