"""Looks for the largest ratio from 0 upwards; no comparison with a NaN is true, so 0 stays."""

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
    beta = 0.0
    for step, change in zip(steps, changes, strict=True):
        ratio = change / (step * length)
        if ratio > beta:
            beta = ratio
    return float(beta)
