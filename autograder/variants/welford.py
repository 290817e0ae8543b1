"""recalibrate goes row by row with Welford's method; statistics of a batch go the same way."""

import numpy as np
from bnlab_solutions import *


def _welford(rows):
    n, mean, s = 0, 0.0, 0.0
    for row in rows:
        n += 1
        if n > 1 and row.shape != mean.shape:
            raise ValueError(f"row {n} has another number of features")
        delta = row - mean
        mean = mean + delta / n
        s = s + delta * (row - mean)
    if n == 0:
        raise ValueError("there are no rows")
    return mean, s / n


def recalibrate(batches):
    return _welford(row for batch in batches for row in np.asarray(batch, dtype=float))


def batch_statistics(x):
    return _welford(x)
