"""net.gradient is left as the walk has filled it."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "network-left-changed"
EXERCISE = "loss_along_gradient"
MESSAGE = (
    "After your walk net.gradient holds a gradient of yours. If the measurement stands between a "
    "backward pass and an update, the update goes astray. Look at everything that a pass writes to."
)


def loss_along_gradient(net, x, y, steps):
    start, mode = net.parameters.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.mode = start, mode
    return losses
