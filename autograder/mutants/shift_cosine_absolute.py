"""The cosine has no sign."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "cosine-without-sign"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your cosine is never negative. A negative one says that the gradient has turned round, the "
    "strongest shift there is, and should not look like agreement. Look for an absolute value or "
    "a square."
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
    cosine = abs(old @ moved) / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(np.linalg.norm(moved - old)), float(cosine)
