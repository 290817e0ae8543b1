"""Its own gradient is computed in whatever mode the network is in."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "walk-in-test-mode"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You measure in whatever mode you find the network, in one of your passes at least. In test mode it is "
    "another function, one that is not being trained. Look at what the mode changes in a layer with "
    "running statistics, and at the mode of each pass."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(changes / (steps * length)))
