"""One minus the cosine of the two gradients."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "angle-for-change"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You return an angle. A gradient that keeps its direction and grows a hundredfold has not changed "
    "in that measure, and a step that trusts it goes wrong all the same."
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
                here = net.loss_and_gradient(x, y)[1]
                changes[place] = 1 - here @ direction / (np.linalg.norm(here) * np.linalg.norm(direction))
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
