"""Two arrays of zeros give 0 / 0."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "zero-over-zero"
EXERCISE = "relative_error"
MESSAGE = (
    "Two arrays of zeros lead to zero divided by zero, and the result is not a number. Every "
    "comparison with such a result is false, so checks go wrong in silence. See what the task says "
    "about this case."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    numerator = np.abs(a - b).max()
    denominator = max(np.abs(a).max(), np.abs(b).max())
    return float(numerator / denominator)
