"""The difference is divided by the length of G."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "relative-difference"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your difference is divided by the length of G. That is a sensible number, but not the one of "
    "Definition 2.1, which is compared here. Look at what is done to the length."
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
    return float(np.linalg.norm(moved - old) / np.linalg.norm(old)), float(cosine)
