"""A constant slice becomes 0 / 0."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "zero-over-zero"
EXERCISE = "standardize"
MESSAGE = (
    "Zero is divided by zero, and the result is not a number. One such entry spreads through "
    "everything computed from it. Think about the input for which your divisor becomes zero, and what "
    "the task says about it."
)


def standardize(x, axis):
    return (x - np.mean(x, axis, keepdims=True)) / np.std(x, axis, keepdims=True)
