"""The network stays in train mode."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "mode-not-restored"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your measurement leaves the network in train mode. Whoever was testing then goes on with "
    "statistics of batches, and moves the running ones. Look at what you set and do not set back."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient = net.parameters.copy(), net.gradient.copy()
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:] = start, gradient
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
