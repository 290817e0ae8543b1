"""The walk is done in whatever mode the network is in."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "walk-in-test-mode"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You measure in whatever mode you find the network, in one of your passes at least. In test mode it is "
    "another function, one that is not being trained. Look at what the mode changes in a layer with "
    "running statistics, and at the mode of each pass."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
