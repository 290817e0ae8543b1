"""The step is added instead of subtracted."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "walk-uphill"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You walk up the gradient, where the loss grows at once; training goes the other way. Look at a sign."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start + step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
