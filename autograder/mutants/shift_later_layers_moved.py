"""The layers after it move instead of those before it."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "later-layers-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The layers after the one that you measure move. They change its gradient, but not its "
    "inputs, and the shift is meant to be one of its inputs. Look at what comes before a layer in "
    "the vector of the parameters."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].stop, None)
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
