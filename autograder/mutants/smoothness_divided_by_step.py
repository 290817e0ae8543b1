"""Divided by λ, though the distance is λ times the length of the gradient."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "another-distance"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You divide by λ. The network moves by λ times the gradient, and that is not λ long. So a steep "
    "bowl counts as more curved than a flat one with the same second derivatives."
)


def effective_smoothness(net, x, y, steps):
    return float(np.max(gradient_predictiveness(net, x, y, steps) / steps))
