"""One norm for all features."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "global-spread"
EXERCISE = "lp_normalize"
MESSAGE = "You divide all features by the same number. Each has its own norm; look at the axis."


def lp_normalize(x, p):
    norm = np.abs(x).max() if p == np.inf else (np.abs(x) ** p).mean() ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
