"""The step is computed back."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "way-back-computed"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You undo the step by adding it again. In floating-point numbers that is not quite where you "
    "came from, after thousands of measurements visibly so, and after an overflow not at all. "
    "Look at what you could keep instead."
)


def internal_covariate_shift(net, x, y, layer, lr):
    gradient, mode = net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[before] += lr * update[before]
        net.gradient[:], net.mode = gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
