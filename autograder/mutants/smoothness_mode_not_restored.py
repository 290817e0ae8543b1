"""The network is left in train mode."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "network-left-changed"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "Your function switches the network to train mode and leaves it there. The next test will be none. "
    "Look at everything that you change about the network."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient = net.gradient.copy()
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    return float(np.max(changes / (steps * length)))
