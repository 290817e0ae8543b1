"""Each step length is taken as the learning rate of a run of its own: an envelope over runs."""

import numpy as np
from bnlab_solutions import *

LINE = 69
MISTAKE = "separate-runs"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You train for several steps with each step length as a learning rate. That compares the ends of "
    "different runs, while the landscape is seen from one point, along one line. Look at how often you "
    "ask for a new direction."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            for place, step in enumerate(steps):
                net.parameters[:] = start
                for _ in range(3):
                    net.parameters -= step * net.loss_and_gradient(x, y)[1]
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
