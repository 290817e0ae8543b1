"""The value of the longest step only."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "not-the-largest"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "One of the steps decides about your value, and the others play no part. The largest ratio can "
    "stand anywhere."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float((changes / (steps * length))[np.argmax(steps)])
