"""Its own pass moves the running statistics."""

import numpy as np
from bnlab_solutions import *

LINE = 30
MISTAKE = "walk-moves-statistics"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "The pass with which you find the length of the gradient moves the running statistics of the "
    "network. Look at what the network offers for such measurements."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.max(changes / (steps * length)))
