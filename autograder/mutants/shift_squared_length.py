"""The squared length of the difference is returned."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "squared-length"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The difference is returned as a squared length. Small shifts then look tiny and large ones "
    "enormous. Look for the root."
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
    return float(((moved - old) ** 2).sum()), float(cosine)
