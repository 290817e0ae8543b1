"""The network stays at the end of the walk."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "walk-not-restored"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "After the walk the network stays where the last step has put it, and training goes on from there. "
    "Whoever measures must leave everything as it was. Look at the end of your function."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.gradient[:], net.mode = gradient, mode
    return losses
