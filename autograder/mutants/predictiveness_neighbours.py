"""Each gradient is compared with the one of the step before."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "neighbours-compared"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You compare each gradient with that of the step before. Then a value depends on which other steps "
    "were asked for. All gradients are to be compared with the one at the beginning."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            last = direction
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                here = net.loss_and_gradient(x, y)[1].copy()
                changes[place] = np.linalg.norm(here - last)
                last = here
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
