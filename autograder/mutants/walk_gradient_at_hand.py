"""The direction is the gradient that the network happens to hold."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "walk-gradient-at-hand"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You walk along the gradient that the network holds from its last backward pass. That one belongs to "
    "another batch and to another point. Look at whether your gradient is that of (x, y) at W."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = gradient
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
