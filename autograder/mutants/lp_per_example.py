"""Mean and norm of each example instead of each feature."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You normalise each example over its features. Statistics here are those of a feature over the "
    "batch. Look at the axis."
)


def lp_normalize(x, p):
    x = x.T
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return ((x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)).T
