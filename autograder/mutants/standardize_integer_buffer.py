"""The result is collected in an array with the dtype of the input; integers truncate it."""

import numpy as np
from bnlab_solutions import *

LINE = 13
MISTAKE = "integer-truncation"
EXERCISE = "standardize"
MESSAGE = (
    "For integer input the results are stored in an integer array, which cuts off everything behind "
    "the decimal point. Look at the dtype of the array that collects your results."
)


def standardize(x, axis):
    out = np.zeros_like(x)
    m = x.mean(axis=axis, keepdims=True)
    s = x.std(axis=axis, keepdims=True)
    out[...] = (x - m) / np.where(s == 0, 1, s)
    return out
