"""The step is added instead of subtracted."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "walk-uphill"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You walk up the gradient, where the loss grows at once; training goes the other way. Look at a sign."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start + step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
