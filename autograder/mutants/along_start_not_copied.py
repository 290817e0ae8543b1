"""The beginning of the walk is not a copy but the parameters themselves."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "start-not-copied"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "What you keep of the parameters is the network's own array, and it walks along: the second step "
    "starts from the wrong place, and nothing is left to put back. Ask which of your arrays share "
    "memory."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters, net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
