"""The output is written into an array of the input's dtype."""

import numpy as np
from bnlab_solutions import *

LINE = 13
MISTAKE = "integer-truncation"
EXERCISE = "lp_normalize"
MESSAGE = (
    "For integers your output is truncated: it is written into an array of integers. Look at how you "
    "make the array."
)


def lp_normalize(x, p):
    out = np.zeros_like(x)
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    out[:] = (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
    return out
