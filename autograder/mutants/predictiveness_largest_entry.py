"""The largest entry of the change instead of its length."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-length"
EXERCISE = "gradient_predictiveness"
MESSAGE = "You measure the change by another norm than the Euclidean one. Look at which length is meant."


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.abs(net.loss_and_gradient(x, y)[1] - direction).max()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
