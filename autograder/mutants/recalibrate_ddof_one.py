"""The variance of all rows is unbiased."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "recalibrate"
MESSAGE = (
    "Your variance divides by one less than the number of rows. The contract of this course is the "
    "biased variance everywhere. Look at the divisor."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    rows = np.concatenate(list(batches), axis=0)
    return rows.mean(axis=0), rows.var(axis=0, ddof=1)
