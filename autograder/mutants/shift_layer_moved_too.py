"""The layer moves together with those before it."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "layer-itself-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The layer that you measure has moved, too. Its gradient then changes because its own weights "
    "do, also for the first layer, before which nothing lies. Look at where the part that moves "
    "ends."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].stop)
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
