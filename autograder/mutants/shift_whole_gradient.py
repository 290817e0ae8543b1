"""The gradients of all layers are compared."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "whole-gradient-compared"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You compare the gradients of the whole network. The definition asks what happens to one "
    "layer, and the others are in the sum as well. Look at which part of the two vectors you "
    "take."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    before = slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    l2 = np.linalg.norm(moved - update)
    return float(l2), float(update @ moved / (np.linalg.norm(update) * np.linalg.norm(moved)))
