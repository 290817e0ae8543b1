"""A slice whose spread is below a threshold counts as constant."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "small-taken-for-constant"
EXERCISE = "standardize"
MESSAGE = (
    "A slice with a small spread is treated as if it were constant. Which spread is small depends on the "
    "unit: data in metres are tiny when they are nanometres. Look at how you find out that all values of "
    "a slice are equal."
)


def standardize(x, axis):
    x = np.asarray(x)
    centred = x - x.mean(axis=axis, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=axis, keepdims=True))
    small = std < 1e-8
    return np.where(small, 0.0, centred / np.where(small, 1.0, std))
