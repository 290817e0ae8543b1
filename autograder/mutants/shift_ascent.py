"""The layers before go up the gradient."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "up-instead-of-down"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The layers before move along the gradient, not against it: the loss rises. The gradients are "
    "then compared with what no training would lead to. Look at the sign of the update."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] += lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
