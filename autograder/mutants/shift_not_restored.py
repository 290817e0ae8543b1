"""The layers before stay where the step has brought them."""

import numpy as np
from bnlab_solutions import *

LINE = 71
MISTAKE = "parameters-not-restored"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "After your measurement the network is not where it was: the layers before have made a step "
    "that belongs to nobody's training. Whoever measures during training trains another network. "
    "Look at what has to be put back."
)


def internal_covariate_shift(net, x, y, layer, lr):
    gradient, mode = net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.gradient[:], net.mode = gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
