"""Returns how much the loss changes instead of the loss."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "differences-for-losses"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You return by how much the loss changes along the line. The band shows the losses themselves. Look "
    "at what is asked for at a step of 0."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            here, _ = net.loss(net.forward(x), y)
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses - here
