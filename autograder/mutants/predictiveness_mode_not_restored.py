"""The network is left in train mode."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "network-left-changed"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "Your function switches the network to train mode and leaves it there. The next test will be none. "
    "Look at everything that you change about the network."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient = net.parameters.copy(), net.gradient.copy()
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:] = start, gradient
    return changes
