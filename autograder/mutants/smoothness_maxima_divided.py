"""The largest change divided by the largest distance."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "largest-of-each"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You divide the largest change by the largest distance, and these belong to different steps. Look "
    "at the order of dividing and of looking for the largest."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(changes) / (np.max(steps) * length))
