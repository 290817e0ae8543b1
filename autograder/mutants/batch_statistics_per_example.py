"""Statistics of each example instead of each feature."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "batch_statistics"
MESSAGE = (
    "The statistics run over the wrong axis: each example gets a mean over its own features, where "
    "each feature should get a mean over the examples. Check the shape of your result on a batch that "
    "is not square."
)


def batch_statistics(x):
    mu = np.mean(x, axis=1)
    var = np.var(x, axis=1)
    return mu, var
