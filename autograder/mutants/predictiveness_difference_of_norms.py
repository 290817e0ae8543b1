"""The difference of two lengths instead of the length of the difference."""

import numpy as np
from bnlab_solutions import *

LINE = 70
MISTAKE = "difference-of-norms"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You subtract lengths. Two gradients of the same length can point in opposite directions; your "
    "measure calls them equal. Look at the order of subtracting and measuring."
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
                changes[place] = abs(
                    np.linalg.norm(net.loss_and_gradient(x, y)[1]) - np.linalg.norm(direction)
                )
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
