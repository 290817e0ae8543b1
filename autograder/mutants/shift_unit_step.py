"""The step is normalised to the length lr."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "step-normalised"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your step has the length lr, whatever the gradient is. The update of gradient descent is "
    "longer where the gradient is. Look at what you divide the gradient by."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            length = np.linalg.norm(update[before])
            net.parameters[before] -= lr * update[before] / (length if length else 1)
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
