"""Powers of signed entries, so that they cancel for odd p."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sign-forgotten"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You raise the entries with their signs to the power p. For odd p they cancel, for others a root "
    "may not exist; the square hides it. A norm is about sizes."
)


def lp_normalize(x, p):
    norm = np.abs(x).max(axis=0) if p == np.inf else np.abs((x**p).mean(axis=0)) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
