"""The root mean square of the change's entries."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-length"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You average over the parameters. A length is a sum; with an average, a large network looks "
    "smoother than a small one for having more parameters."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.sqrt(np.mean((net.loss_and_gradient(x, y)[1] - direction) ** 2))
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
