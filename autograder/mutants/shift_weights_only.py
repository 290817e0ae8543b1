"""Biases, gamma and beta stay where they are."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "only-weights-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Of the layers before, only the weights move. Their biases and the gamma and beta of norms "
    "between them are parameters as well, and change what the layer gets. Look at which entries "
    "of the vector are left out."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here = net.slices[layer]
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            step = {(id(each), name): g.copy() for each in net.layers for name, g in each.grads.items()}
            for each in net.layers[:layer]:
                for name in ("W",):
                    if name in each.params:
                        each.params[name] -= lr * step[id(each), name]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
