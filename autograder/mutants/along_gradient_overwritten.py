"""The direction is the network's own gradient array, which each later pass fills anew."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "gradient-not-copied"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "Your direction is net.gradient itself, and every later pass writes another gradient into it. From "
    "the second step on you walk elsewhere. Look at what that call returns."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1]
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss_and_gradient(x, y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
