"""For p = ∞ the largest entry, not the largest absolute value."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sign-forgotten"
EXERCISE = "lp_normalize"
MESSAGE = (
    "For infinite p you look for the largest entry. A norm is about sizes: look at a feature with "
    "negative entries only."
)


def lp_normalize(x, p):
    norm = x.max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
