"""Losses above twice the first are cut off."""

import numpy as np
from bnlab_solutions import *

LINE = 74
MISTAKE = "clipped-values"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You cut large losses off. The width of the band is what the figure is about, and you draw it "
    "narrower than it is. If some values spoil a plot, change the plot: a logarithmic axis, for "
    "instance."
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
                losses[place] = min(net.loss(net.forward(x), y)[0], 2 * here)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
