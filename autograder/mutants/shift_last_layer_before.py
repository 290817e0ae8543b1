"""Only the layer directly before moves."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "only-neighbour-moved"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Only the layer with parameters directly before moves. Internal covariate shift comes from "
    "all layers before, whose changes add up on the way. Look at where the part that moves "
    "begins."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here = net.slices[layer]
    earlier = [place for place in net.slices[:layer] if place.stop > place.start]
    before = earlier[-1] if earlier else slice(0)
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
