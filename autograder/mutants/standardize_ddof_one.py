"""The standard deviation is taken with the divisor n - 1."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "standardize"
MESSAGE = (
    "Your standard deviation divides by one less than the number of values. That is the unbiased "
    "estimate of statistics; this course divides by the number itself, and for short slices the "
    "difference is large. Look at which divisor your standard deviation uses."
)


def standardize(x, axis):
    m = x.mean(axis=axis, keepdims=True)
    s = x.std(axis=axis, ddof=1, keepdims=True)
    return (x - m) / np.where(s == 0, 1, s)
