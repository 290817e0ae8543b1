"""Divides by the range, maximum minus minimum."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "range-for-std"
EXERCISE = "standardize"
MESSAGE = (
    "You divide by the distance from smallest to largest value. The result fits into an interval of "
    "length one, but its standard deviation is not one, and a single outlier decides about the scale. "
    "Look at what the task asks the spread to be afterwards."
)


def standardize(x, axis):
    x = np.asarray(x)
    spread = x.max(axis=axis, keepdims=True) - x.min(axis=axis, keepdims=True)
    centred = np.where(spread == 0, 0, x - x.mean(axis=axis, keepdims=True))
    return centred / np.where(spread == 0, 1, spread)
