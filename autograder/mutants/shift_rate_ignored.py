"""The step is as long as the gradient, whatever lr is."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "rate-ignored"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The step does not depend on lr. The shift is that of the actual update, and this is the "
    "learning rate times the gradient. Look at where lr comes in."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= update[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
