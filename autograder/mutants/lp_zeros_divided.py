"""A feature of zeros is divided by zero."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "zero-over-zero"
EXERCISE = "lp_normalize"
MESSAGE = (
    "A feature of zeros gives NaN: 0 divided by 0. It does happen, behind a dead ReLU for instance, and "
    "one NaN is enough to lose a network."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / norm
