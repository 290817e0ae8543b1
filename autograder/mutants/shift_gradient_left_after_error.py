"""The gradient is put back only if both passes succeed."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "shift-gradient-left-after-error"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "If the second pass raises an error, the network keeps the gradient of the first one. The contract "
    "says: even if an error breaks off a pass, and the gradient is part of what it was. Look at what "
    "stands in your finally, and what behind it."
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
        net.parameters[:], net.mode = start, mode
    net.gradient[:] = gradient
    old = update[here].astype(np.float64)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(np.linalg.norm(moved - old)), float(cosine)
