"""What is put back is put back only if nothing goes wrong."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "lost-after-error"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "When a pass on the way raises an error, the network stays in the middle of the walk. Python has a "
    "statement for what has to be done in any case."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    with net.running_statistics_kept():
        direction = net.loss_and_gradient(x, y)[1].copy()
        for place, step in enumerate(steps):
            net.parameters[:] = start - step * direction
            changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
