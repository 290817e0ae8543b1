"""The gradient that its own pass computes stays in the network."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "network-left-changed"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "The pass with which you find the length of the gradient writes to net.gradient, and you leave it "
    "there. Look at everything that a pass writes to."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    mode = net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.mode = mode
    return float(np.max(changes / (steps * length)))
