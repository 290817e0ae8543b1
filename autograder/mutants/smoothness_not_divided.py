"""The largest change of the gradient, not divided by the distance."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "not-divided-by-distance"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You return the largest change of the gradient. Over a long way even a smooth gradient changes a "
    "lot; smoothness is change per distance."
)


def effective_smoothness(net, x, y, steps):
    return float(np.max(gradient_predictiveness(net, x, y, steps)))
