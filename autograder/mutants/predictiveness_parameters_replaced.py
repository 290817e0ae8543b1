"""The attribute is given a new array; the layers keep the old one."""

import numpy as np
from bnlab_solutions import *

LINE = None
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
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters = start - step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
