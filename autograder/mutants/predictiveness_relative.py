"""The change is divided by the length of the first gradient."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "relative-change"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You divide by the length of the first gradient. A relative change answers another question: it "
    "forgives a network its large gradients. Look at what the function is said to return."
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
                change = net.loss_and_gradient(x, y)[1] - direction
                changes[place] = np.linalg.norm(change) / np.linalg.norm(direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
