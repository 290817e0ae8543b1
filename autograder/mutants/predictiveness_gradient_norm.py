"""The length of the gradient along the line, not of its change."""

import numpy as np
from bnlab_solutions import *

LINE = 70
MISTAKE = "gradient-norm-as-change"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You return how long the gradients along the line are. A steep straight slope has long gradients "
    "and is perfectly predictable. What is asked for is how much the gradient changes."
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
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
