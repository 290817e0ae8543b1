"""The norm is taken after the mean has been subtracted."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "norm-about-the-mean"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You take the norm of the centred feature, so order 2 becomes BN. Here the norm is that of the "
    "feature as it comes in. Look at the order of the two steps."
)


def lp_normalize(x, p):
    x = x - x.mean(axis=0)
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return (x) / np.where(norm == 0, 1, norm)
