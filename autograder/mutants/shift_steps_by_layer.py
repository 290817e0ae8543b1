"""The layers before are moved one after the other, each by a new gradient."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "moved-one-by-one"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "You move the layers before one after the other, each along a gradient that is computed anew. "
    "The update of a step is made of one gradient, taken before anything has moved. Look at when "
    "you compute it."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here = net.slices[layer]
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            for each in net.slices[:layer]:
                net.parameters[each] -= lr * net.loss_and_gradient(x, y)[1][each]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
