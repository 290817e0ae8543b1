"""The attribute is given a new array; the layers keep the old one."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "walk-on-the-spot"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You give net.parameters a new array. The layers hold views of the old one and never hear of it, so "
    "the network does not move. Look at how to write into an array."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
