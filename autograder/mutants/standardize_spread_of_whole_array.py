"""Each slice is centred on its own, but one spread serves the whole array."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "global-spread"
EXERCISE = "standardize"
MESSAGE = (
    "Every slice is centred at its own mean, but all are divided by one and the same spread. A slice with "
    "small numbers stays small. Look at which values your standard deviation is taken over, and which "
    "your mean."
)


def standardize(x, axis):
    x = np.asarray(x)
    constant = x.max(axis=axis, keepdims=True) == x.min(axis=axis, keepdims=True)
    centred = np.where(constant, 0, x - x.mean(axis=axis, keepdims=True))
    std = x.std()
    return centred / (std if std > 0 else 1)
