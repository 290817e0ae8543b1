"""Divided by λ times the squared length of the gradient."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-distance"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You divide by the square of the gradient's length. The value then depends on the unit in which the "
    "loss is measured in another way than the second derivatives do."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(changes / (steps * length**2)))
