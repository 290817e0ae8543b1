"""The whole network makes its step before the second gradient."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "all-layers-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You compare the gradients before and after a step of the whole network. The layer's own "
    "parameters and those after it have moved as well, so what you measure is how the loss is "
    "curved, with or without internal covariate shift. Look at which parameters Definition 2.1 "
    "lets move."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here = net.slices[layer]
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters -= lr * update
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
