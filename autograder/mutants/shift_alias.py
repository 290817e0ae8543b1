"""The first gradient is not copied."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "gradient-not-copied"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Both of your gradients are the same array: net.gradient is filled anew by each backward "
    "pass, and what you kept of the first is a view of it. So the difference is always 0. Look at "
    "what you keep."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1]
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here]
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
