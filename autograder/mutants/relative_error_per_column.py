"""One error per column instead of one number."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "error-not-one-number"
EXERCISE = "relative_error"
MESSAGE = (
    "You return an array of errors, one for each column, where a single number is asked for. A check "
    "that compares it with a tolerance cannot decide. Look at over which axes the maxima run."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    scale = np.maximum(np.abs(a).max(axis=0), np.abs(b).max(axis=0))
    return np.abs(a - b).max(axis=0) / np.where(scale == 0, 1, scale)
