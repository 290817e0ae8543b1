"""The mean difference is reported instead of the largest."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "mean-for-maximum"
EXERCISE = "relative_error"
MESSAGE = (
    "You average the differences instead of taking the largest one. One badly wrong entry among many "
    "right ones then looks like a small error. Look at which difference the task asks for."
)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("a and b differ in shape")
    scale = max(abs(a).max(), abs(b).max())
    return 0.0 if scale == 0 else float(abs(a - b).mean() / scale)
