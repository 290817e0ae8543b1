"""Each step starts where the one before has ended."""

import numpy as np
from bnlab_solutions import *

LINE = 69
MISTAKE = "steps-add-up"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "Each of your steps starts where the one before has ended, so their lengths add up. All steps "
    "should start from the same point. Look at what you subtract the step from."
)


def loss_along_gradient(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters -= step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses
