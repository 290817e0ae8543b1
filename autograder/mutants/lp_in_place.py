"""The mean is subtracted from the caller's array."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You subtract the mean from the array of the caller. Another layer may still need it. Look for "
    "operations that work in place."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return np.divide(np.subtract(x, x.mean(axis=0), out=x), np.where(norm == 0, 1, norm))
