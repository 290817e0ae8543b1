"""The steps are sorted, and the results stand in that order."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "results-out-of-order"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "Your results stand in the order of sorted steps, not in the order in which the steps were given. "
    "Look at which place a result goes to."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(np.sort(steps)):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
