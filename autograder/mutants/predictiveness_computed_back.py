"""The way back is computed: the step is added again."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "way-back-computed"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You add each step again instead of putting back what was there. Rounding stays behind each time, "
    "and once something has overflowed there is no way back at all. Look at what you could keep "
    "instead."
)


def gradient_predictiveness(net, x, y, steps):
    gradient, mode = net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters -= step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
                net.parameters += step * direction
    finally:
        net.gradient[:], net.mode = gradient, mode
    return changes
