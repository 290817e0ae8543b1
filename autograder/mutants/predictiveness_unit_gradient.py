"""The direction is normalised: λ becomes the distance."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "step-of-unit-length"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You divide the gradient by its length before you walk. Then λ is a distance, and no longer what a "
    "learning rate of λ would do: a network with large gradients is spared its long steps."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction / np.linalg.norm(direction)
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
