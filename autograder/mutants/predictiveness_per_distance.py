"""The change is divided by the distance."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "change-per-distance"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You divide by the distance. That is the next exercise; here it is the change itself that shows how "
    "long a step the gradient can be trusted for."
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
                moved = step * np.linalg.norm(direction)
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction) / moved
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
