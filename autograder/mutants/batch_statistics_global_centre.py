"""The deviations are taken from the mean of the whole batch."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "global-centre"
EXERCISE = "batch_statistics"
MESSAGE = (
    "The deviations in your variance are measured from one mean of the whole batch, not from the mean "
    "of their own feature. Features that lie apart then seem to vary a lot. Give one feature a large "
    "offset and watch its variance."
)


def batch_statistics(x):
    deviation = x - np.mean(x)
    return np.mean(x, axis=0), np.mean(deviation**2, axis=0)
