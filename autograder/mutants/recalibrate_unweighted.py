"""Every batch counts the same, whatever its size."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "batches-weighted-equally"
EXERCISE = "recalibrate"
MESSAGE = (
    "Every batch counts the same in your result, however many rows it has. The short batch at the end "
    "of a data set then weighs too much. Think about how many rows stand behind each number that you "
    "average."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    means, variances = [], []
    for batch in batches:
        means.append(batch.mean(axis=0))
        variances.append(batch.var(axis=0))
    mean = np.mean(means, axis=0)
    var = np.mean(variances, axis=0) + np.var(means, axis=0)
    return mean, var
