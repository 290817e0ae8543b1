"""The difference of the lengths is returned."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "difference-of-norms"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You subtract the lengths of the gradients, not the gradients. Two gradients of equal length "
    "may point in opposite directions. Look at the order of subtracting and taking the length."
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
    a, b = np.linalg.norm(old), np.linalg.norm(moved)
    return float(abs(b - a)), float(old @ moved / (a * b))
