"""What is put back is put back only if nothing goes wrong."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "lost-after-error"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "When a pass on the way raises an error, the network stays in the middle of the walk. Python has a "
    "statement for what has to be done in any case."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    with net.running_statistics_kept():
        direction = net.loss_and_gradient(x, y)[1].copy()
        for place, step in enumerate(steps):
            net.parameters[:] = start - step * direction
            losses[place], _ = net.loss(net.forward(x), y)
    net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
