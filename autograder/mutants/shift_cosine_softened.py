"""1e-8 is added to the denominator of the cosine."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "shift-cosine-softened"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "A small number is added below the fraction of your cosine. Gradients late in training can be that "
    "small themselves, and then the cosine is too near to 0. Look at the denominator."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].astype(np.float64)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here].astype(np.float64)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved) + 1e-8)
    return float(np.linalg.norm(moved - old)), float(cosine)
