"""The product of both gradients is returned as the cosine."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "cosine-not-normalised"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "What you return as the cosine is the product of the two gradients, which grows with their "
    "lengths. A cosine lies between -1 and 1. Look at what the product has to be divided by."
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
    return float(np.linalg.norm(moved - old)), float(old @ moved)
