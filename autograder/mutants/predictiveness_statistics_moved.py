"""The walk moves the running statistics."""

import numpy as np
from bnlab_solutions import *

LINE = 30
MISTAKE = "walk-moves-statistics"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "Each pass of your walk moves the running statistics of the network, with activations that no "
    "training step will ever see. Look at what the network offers for such measurements."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        direction = net.loss_and_gradient(x, y)[1].copy()
        for place, step in enumerate(steps):
            net.parameters[:] = start - step * direction
            changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
