"""The gamma and beta of earlier layers stay where they are."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "earlier-gammas-left-out"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Weights and biases of the layers before move, but not their gamma and beta. With BN those "
    "are what sets mean and spread of a layer's inputs, so without them you leave out the shift "
    "that BN has. Look at what counts as a parameter."
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
                for name in ("W", "b"):
                    if name in each.params:
                        each.params[name] -= lr * step[id(each), name]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
