"""From p = 10 on, the largest absolute value is taken."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "lp-large-p-is-infinity"
EXERCISE = "lp_normalize"
MESSAGE = (
    "From some p on you take the largest absolute value instead. The p-norm goes there, but slowly: for "
    "a hundred examples and p of ten it can still be a third below. Look at the condition for your special case."
)


def lp_normalize(x, p):
    x = np.asarray(x, float) if np.asarray(x).dtype.kind in "iu" else np.asarray(x)
    size = np.abs(x)
    norm = size.max(axis=0) if p >= 10 else (size**p).mean(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
