"""The powers are summed instead of averaged."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sum-for-mean"
EXERCISE = "lp_normalize"
MESSAGE = (
    "Your norm grows with the size of the batch, and the output shrinks with it. It should be an "
    "average. Give the same examples twice and compare."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).sum(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
