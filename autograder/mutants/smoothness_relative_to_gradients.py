"""The change is divided by the length of the gradient at the far end as well."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-distance"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "The distance is made of the gradient at the far end of the line. The network has moved along the "
    "first one. Look at which gradient you multiply the step with."
)


def effective_smoothness(net, x, y, steps):
    changes = gradient_predictiveness(net, x, y, steps)
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    net.mode = "train"
    ratios = []
    with net.running_statistics_kept():
        direction = net.loss_and_gradient(x, y)[1].copy()
        for step, change in zip(steps, changes, strict=True):
            net.parameters[:] = start - step * direction
            ratios.append(change / (step * max(np.linalg.norm(net.loss_and_gradient(x, y)[1]), 1e-12)))
    net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return float(np.max(ratios))
