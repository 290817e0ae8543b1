"""A dead network gets the value 0."""

import numpy as np
from bnlab_solutions import *

LINE = 73
MISTAKE = "dead-is-smooth"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "A network from which no gradient comes back gets a smoothness, and the best one that there is. No line has been "
    "walked along there, so nothing has been measured. Look at what a gradient of zero means."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    if length == 0:
        return 0.0
    return float(np.max(changes / (steps * length)))
