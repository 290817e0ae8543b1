"""Only the first array of the layer is compared."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "only-weights-compared"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Of the layer you compare only the first of its arrays, its weights or its gamma. The "
    "gradient of a layer is that of all its parameters. Look at what belongs to the layer."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    before = slice(net.slices[layer].start)
    first = next(iter(net.layers[layer].params.values()))
    here = slice(before.stop, before.stop + first.size)
    net.mode = "train"
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
