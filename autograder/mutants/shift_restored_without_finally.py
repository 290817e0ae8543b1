"""Nothing is put back if the second pass fails."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "not-restored-after-error"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "When the second pass raises an error, the network stays where the step has brought it, and "
    "in the mode that you have set. Look at what happens to the lines after an error."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    with net.running_statistics_kept():
        update = net.loss_and_gradient(x, y)[1].copy()
        net.parameters[before] -= lr * update[before]
        moved = net.loss_and_gradient(x, y)[1][here].copy()
    net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
