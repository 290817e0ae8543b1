"""Gradients along the line are clipped to the length of the first."""

import numpy as np
from bnlab_solutions import *

LINE = 74
MISTAKE = "clipped-values"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You clip the gradients along the line. Clipping is a remedy in training; in a measurement it hides "
    "what is to be measured."
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
                here *= min(1, np.linalg.norm(direction) / max(np.linalg.norm(here), 1e-300))
                changes[place] = np.linalg.norm(here - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
