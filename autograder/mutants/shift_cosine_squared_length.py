"""The product is divided by the squared length of G."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "cosine-of-one-length"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The product of the gradients is divided by the squared length of one of them. That is a "
    "cosine only if both are equally long. Look at both lengths."
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
    return float(np.linalg.norm(moved - old)), float(old @ moved / (old @ old))
