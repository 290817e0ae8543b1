"""net.gradient is that of the measurement afterwards."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "gradient-not-restored"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Afterwards net.gradient holds the gradient of your second pass. An optimiser that makes its "
    "step after the measurement takes that one. Look at which array the backward pass fills."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, mode = net.parameters.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.mode = start, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
