"""The first gradient is not copied, so it is compared with itself."""

import numpy as np
from bnlab_solutions import *

LINE = 70
MISTAKE = "no-change-seen"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "All your changes are 0. Either the network does not move, as its layers do not know of the array that "
    "you have filled, or your first gradient is the network's own array and holds the new one by the time "
    "you subtract. Ask which of your arrays share memory."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1]
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
