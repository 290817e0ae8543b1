"""The mean is taken before the power."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "mean-before-power"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You average first and raise to the power p afterwards, and the root undoes that. What is left is "
    "the mean absolute value for every p. Look at the order."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x).mean(axis=0) ** p) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
