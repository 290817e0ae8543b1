"""The way back is computed: the step is added again."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "way-back-computed"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "You add each step again instead of putting back what was there. Rounding stays behind each time, "
    "and once something has overflowed there is no way back at all. Look at what you could keep "
    "instead."
)


def loss_along_gradient(net, x, y, steps):
    gradient, mode = net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters -= step * direction
                losses[place], _ = net.loss(net.forward(x), y)
                net.parameters += step * direction
    finally:
        net.gradient[:], net.mode = gradient, mode
    return losses
