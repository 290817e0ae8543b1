"""A small number is added to the distance."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "small-number-added"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You add a small number to the distance. Distances can be smaller than that: with a small gradient "
    "and a tiny step your number is all that counts."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(changes / (steps * length + 1e-8)))
