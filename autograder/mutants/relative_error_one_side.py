"""Only the first array is the yardstick."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "relative-to-one-side"
EXERCISE = "relative_error"
MESSAGE = (
    "Only one of the two arrays serves as the yardstick, so the answer changes when they change "
    "places, and breaks down when that one is all zeros. Compare your result with the arguments "
    "exchanged."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    if not np.any(a):
        return float(np.any(b))
    return float(np.max(np.abs(a - b)) / np.max(np.abs(a)))
