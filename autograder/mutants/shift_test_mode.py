"""The network is looked at in test mode."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "looked-at-in-test-mode"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You look at the network in test mode, in which BN is a fixed affine map. Training goes along "
    "gradients of train mode, and Definition 2.1 is about those. Look at the mode that you set."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "test"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
