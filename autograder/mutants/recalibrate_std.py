"""Returns the standard deviation where the variance is asked for."""

import numpy as np
from bnlab_solutions import *

LINE = 20
MISTAKE = "std-for-variance"
EXERCISE = "recalibrate"
MESSAGE = (
    "You hand on a standard deviation where a variance is expected, and test mode will take its root "
    "once more. Check which of the two each name stands for."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    rows = np.vstack(list(batches))
    return np.mean(rows, axis=0), np.std(rows, axis=0)
