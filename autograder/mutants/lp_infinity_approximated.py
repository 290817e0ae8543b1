"""p = ∞ is replaced by p = 50."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "infinity-approximated"
EXERCISE = "lp_normalize"
MESSAGE = (
    "For infinite p you take a large p. The average over the batch keeps you below the true value, the "
    "more so the larger the batch; and large numbers to a large power overflow. The limit itself is "
    "simple."
)


def lp_normalize(x, p):
    norm = (np.abs(x) ** min(p, 50)).mean(axis=0) ** (1 / min(p, 50))
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
