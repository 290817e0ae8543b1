"""Values above 100 are cut off."""

import numpy as np
from bnlab_solutions import *

LINE = 74
MISTAKE = "clipped-values"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "You cut large values off. They are what the figure is about. If some of them spoil a plot, change "
    "the plot: a logarithmic axis, for instance."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    with net.running_statistics_kept():
        length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    net.gradient[:] = gradient
    net.mode = mode
    return float(np.clip(np.max(changes / (steps * length)), 0, 5))
