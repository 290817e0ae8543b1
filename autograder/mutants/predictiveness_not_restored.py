"""The network stays at the end of the walk."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "walk-not-restored"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "After the walk the network stays where the last step has put it, and training goes on from there. "
    "Whoever measures must leave everything as it was. Look at the end of your function."
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
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.gradient[:], net.mode = gradient, mode
    return changes
