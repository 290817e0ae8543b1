"""The change of the loss per distance: another property."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "slope-for-curvature"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You measure how fast the loss changes. That the loss is Lipschitz (small gradients) and that the "
    "gradient is (slow change of gradients) are two properties; β is about the second."
)


def effective_smoothness(net, x, y, steps):
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    losses = loss_along_gradient(net, x, y, steps)
    here = loss_along_gradient(net, x, y, np.zeros(1))[0]
    return float(np.max(np.abs(losses - here) / (steps * length)))
