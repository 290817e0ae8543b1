"""The absolute error; scale plays no part."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "absolute-error"
EXERCISE = "relative_error"
MESSAGE = (
    "What you return is an absolute error: it grows when both arrays are multiplied by the same "
    "number. Whether it is small then says nothing. Multiply both arrays by a thousand and compare."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    return float(np.abs(a - b).max())
