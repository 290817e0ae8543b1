"""The square root is taken whatever p is."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "root-of-another-power"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You take the square root for every p. Measure the feature in another unit: the output must not "
    "change. Look at which root undoes which power."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else np.sqrt((np.abs(x) ** p).mean(axis=0))
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
