"""The network is looked at in the mode in which it happens to be."""

import numpy as np
from bnlab_solutions import *

LINE = 22
MISTAKE = "mode-not-set"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You take the network in the mode in which it happens to be. In test mode BN is a fixed "
    "affine map and has other gradients than the ones that training uses. Look at which mode "
    "Definition 2.1 is about."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
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
