"""The second gradient belongs to other examples."""

import numpy as np
from bnlab_solutions import *

LINE = 67
MISTAKE = "another-batch"
EXERCISE = "internal_covariate_shift"
MESSAGE = (
    "Your two gradients belong to different examples. They then differ even if nothing has moved, "
    "by the noise of batches, which is far larger than what you look for. Look at the arguments "
    "of both passes."
)


def internal_covariate_shift(net, x, y, layer, lr):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            half = x.shape[-1] // 2
            update = net.loss_and_gradient(x[..., :half], y[..., :half])[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x[..., half:], y[..., half:])[1][here].copy()
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here]
    l2 = np.linalg.norm(moved - old)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(l2), float(cosine)
