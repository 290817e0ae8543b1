"""Ratios between neighbouring steps instead of from the beginning."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "neighbours-compared"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You look at how the change grows from one step to the next. The definition compares each point "
    "with the beginning of the line."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(np.diff(changes, prepend=0) / (np.diff(steps, prepend=0) * length)))
