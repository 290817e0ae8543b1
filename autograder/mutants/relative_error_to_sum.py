"""Divides by |a| + |b|, entry by entry, as a popular course does."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "relative-to-sum"
EXERCISE = "relative_error"
MESSAGE = (
    "The difference is compared with the sum of both magnitudes, entry by entry. That is another "
    "convention: it reports about half the error, and punishes entries near zero. Look at which "
    "number the task divides by."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))
