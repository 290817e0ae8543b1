"""The update comes from one half of the batch, the gradients from the other."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "update-of-another-batch"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "The layers before are moved by the update of other examples than those of G. Definition 2.1 "
    "has one batch, that of the step. Look at which gradient the update is made of."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            half = x.shape[-1] // 2
            other = net.loss_and_gradient(x[..., :half], y[..., :half])[1].copy()
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * other[before]
            moved = net.loss_and_gradient(x, y)[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
