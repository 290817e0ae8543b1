"""The largest signed difference: negative errors are not seen."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sign-forgotten"
EXERCISE = "relative_error"
MESSAGE = (
    "Only positive differences count in your maximum. If every difference is negative, the error "
    "comes out as zero or below, and a wrong gradient passes. Exchange the two arguments: should the "
    "answer change?"
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    scale = max(np.abs(a).max(), np.abs(b).max())
    if scale == 0:
        return 0.0
    return float((a - b).max() / scale)
