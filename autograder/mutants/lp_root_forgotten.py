"""The root is not taken."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "root-of-another-power"
EXERCISE = "lp_normalize"
MESSAGE = (
    "Your denominator is the average of the powers, not a norm. For an order of 1 nobody notices. "
    "Measure the feature in another unit: the output must not change."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else (np.abs(x) ** p).mean(axis=0)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
