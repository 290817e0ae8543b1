"""All layers move but the one that is measured."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "all-others-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "All other layers move, those after the measured one included. The first layer then seems to "
    "have a covariate shift although nothing lies before it. Look at where the part that moves "
    "ends."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here = net.slices[layer]
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            step = lr * update
            step[here] = 0
            net.parameters -= step
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
