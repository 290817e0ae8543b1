"""The lengths of the layers' differences are added up."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "change-added-over-layers"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "You measure the change layer by layer and add the lengths up. That is more than the length of the "
    "whole: two sides of a right angle are longer than the diagonal. Look at when you take the root."
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
                changes[place] = sum(
                    np.linalg.norm((net.loss_and_gradient(x, y)[1] - direction)[piece])
                    for piece in net.slices
                )
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
