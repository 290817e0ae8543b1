"""For p = ∞ half the range is taken."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "norm-about-the-mean"
EXERCISE = "lp_normalize"
MESSAGE = (
    "For infinite p you use the range of the feature, which knows nothing of where 0 is. The norm is "
    "taken before the mean is subtracted: an offset has to count."
)


def lp_normalize(x, p):
    norm = (x.max(axis=0) - x.min(axis=0)) / 2 if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
