"""The angle is that between G and the difference."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "cosine-of-difference"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your cosine is that of G and the difference G' - G. The definition compares G with G'. Look "
    "at which two vectors enclose the angle."
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
    change = moved - old
    scale = np.linalg.norm(old) * np.linalg.norm(change)
    return float(np.linalg.norm(change)), float(old @ change / scale) if scale else 1.0
