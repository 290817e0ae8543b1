"""Arrays of different shapes are broadcast against each other."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "shapes-not-compared"
EXERCISE = "relative_error"
MESSAGE = (
    "Arrays of different shapes are compared all the same, since broadcasting makes them fit. A gradient "
    "of the wrong shape then passes as right. Look at what the contract says about shapes."
)


def relative_error(a, b):
    scale = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / scale) if scale != 0 else 0.0
