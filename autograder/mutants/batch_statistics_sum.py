"""The squared deviations are summed, not averaged."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sum-for-mean"
EXERCISE = "batch_statistics"
MESSAGE = (
    "The squared deviations are added up but not averaged, so your variance grows with the size of "
    "the batch. Stack the batch on itself: neither statistic should change."
)


def batch_statistics(x):
    mean = x.mean(0)
    return mean, np.square(x - mean).sum(0)
