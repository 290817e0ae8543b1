"""A small number is added to the norm."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "small-number-added"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You add a small number to the norm, so the output depends on the unit in which a feature is "
    "measured. Only a norm of exactly 0 needs care."
)


def lp_normalize(x, p):
    norm = (np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0) ** (1 / p)) + 1e-5
    return (x - x.mean(axis=0)) / norm
