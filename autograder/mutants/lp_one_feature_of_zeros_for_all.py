"""One feature of zeros makes the whole output zero."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "lp-zeros-for-all"
EXERCISE = "lp_normalize"
MESSAGE = (
    "As soon as one feature is all zeros, your whole output is zero. Each feature is normalised by "
    "itself. Look at how many features your question about zero speaks of."
)


def lp_normalize(x, p):
    x = np.asarray(x, float) if np.asarray(x).dtype.kind in "iu" else np.asarray(x)
    size = np.abs(x)
    norm = size.max(axis=0) if p == np.inf else (size**p).mean(axis=0) ** (1 / p)
    if np.any(norm == 0):
        return np.zeros_like(x)
    return (x - x.mean(axis=0)) / norm
