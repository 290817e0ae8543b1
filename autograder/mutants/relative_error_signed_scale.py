"""The yardstick is the largest entry, not the largest magnitude."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sign-forgotten"
EXERCISE = "relative_error"
MESSAGE = (
    "The yardstick ignores large negative entries, since it looks for the largest number and not for "
    "the largest size. An array of mostly negative numbers then gets a far too large error. Try both "
    "arrays with all signs turned around."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    difference = np.abs(a - b).max()
    yardstick = max(a.max(), b.max())
    return float(difference / yardstick) if yardstick != 0 else 0.0
