"""The squared length of the change."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-length"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "Your changes are squared lengths. On a quadratic they then grow with the square of the step, "
    "though the gradient changes in proportion. Look for a missing root."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.sum((net.loss_and_gradient(x, y)[1] - direction) ** 2)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
