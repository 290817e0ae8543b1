"""Both passes move the running statistics."""

import numpy as np
from bnlab_solutions import *

LINE = 30
MISTAKE = "running-statistics-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your two passes move the running statistics, the second one even with parameters that the "
    "network never has. Measuring should change nothing. Look at what the network offers against "
    "that."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        update = net.loss_and_gradient(x, y)[1].copy()
        net.parameters[before] -= lr * update[before]
        moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
