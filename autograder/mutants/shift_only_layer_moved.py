"""Only the layer itself moves."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "only-the-layer-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The layer that you measure moves and those before it stay. That is the opposite of the "
    "definition: the layer keeps its parameters, and what feeds it changes. Look at which part of "
    "the vector the update goes to."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], net.slices[layer]
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
