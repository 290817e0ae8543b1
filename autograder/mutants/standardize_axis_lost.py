"""The reduced axis is not kept, so broadcasting only fits for axis 0."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "axis-not-kept"
EXERCISE = "standardize"
MESSAGE = (
    "The axis over which you reduced has disappeared from your statistics, so they only line up with "
    "the data when that axis was the first one. For a square array nothing complains and the result "
    "is wrong. Compare the shape of your mean with the shape of the data for every axis."
)


def standardize(x, axis):
    mean = np.mean(x, axis=axis)
    std = np.std(x, axis=axis)
    std = np.where(std == 0, 1.0, std)
    return (x - mean) / std
