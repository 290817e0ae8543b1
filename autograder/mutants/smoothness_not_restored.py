"""A walk of its own, at the end of which the network stays."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "walk-not-restored"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "After the walk the network stays where the last step has put it, and training goes on from there. "
    "Whoever measures must leave everything as it was. Look at the end of your function."
)


def effective_smoothness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    net.mode = "train"
    beta = 0
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for step in steps:
                net.parameters[:] = start - step * direction
                change = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
                beta = max(beta, change / (step * np.linalg.norm(direction)))
    finally:
        net.gradient[:], net.mode = gradient, mode
    return float(beta)
