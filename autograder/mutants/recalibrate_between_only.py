"""The variance of the batches' means is taken for the variance of the data."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "spread-within-batches-lost"
EXERCISE = "recalibrate"
MESSAGE = (
    "Your variance only says how far the means of the batches lie apart; the spread inside each batch "
    "takes no part. With a single batch it is zero. Ask which two sources the spread of all rows has."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    sizes, means = [], []
    for batch in batches:
        sizes.append(len(batch))
        means.append(batch.mean(axis=0))
    mean = np.average(means, axis=0, weights=sizes)
    var = np.average((np.array(means) - mean) ** 2, axis=0, weights=sizes)
    return mean, var
