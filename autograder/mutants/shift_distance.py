"""One minus the cosine is returned."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "cosine-distance"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You return one minus the cosine: 0 for gradients that agree. The cosine of two equal vectors "
    "is 1. Look at the last line."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(np.linalg.norm(moved - old)), float(1 - cosine)
