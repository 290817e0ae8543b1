"""Divided by the length of the gradient alone."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "another-distance"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You divide by the length of the gradient, so a longer step gives a larger value even in a bowl "
    "that is curved alike everywhere. Look at how far the network moves."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(changes / length))
