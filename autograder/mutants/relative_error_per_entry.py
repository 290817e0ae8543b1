"""Relative error entry by entry, then the maximum."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "relative-per-entry"
EXERCISE = "relative_error"
MESSAGE = (
    "You divide entry by entry and then take the largest quotient. An entry that is zero but for "
    "rounding then counts as a huge error, and a correct gradient fails. Look at which number the "
    "task takes as the yardstick for the whole array."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    scale = np.maximum(np.abs(a), np.abs(b))
    scale[scale == 0] = 1
    return float(np.max(np.abs(a - b) / scale))
