"""Divides by the mean absolute deviation."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "absolute-deviation-for-std"
EXERCISE = "standardize"
MESSAGE = (
    "Your spread is the average distance from the mean, without squares. That is a measure of spread too, "
    "but a smaller one than the standard deviation. Look at the definition in the task, and at what "
    "becomes of the distances before they are averaged."
)


def standardize(x, axis):
    x = np.asarray(x)
    constant = x.max(axis=axis, keepdims=True) == x.min(axis=axis, keepdims=True)
    centred = np.where(constant, 0, x - x.mean(axis=axis, keepdims=True))
    spread = np.abs(centred).mean(axis=axis, keepdims=True)
    return centred / np.where(constant, 1, spread)
