"""The root of the mean square is returned, not of the sum."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "root-mean-square"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your difference is a root mean square: it is divided by the root of the number of "
    "parameters. The length of a vector is the root of a sum. Look at how the squares are put "
    "together."
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
    return float(np.sqrt(((moved - old) ** 2).mean())), float(cosine)
