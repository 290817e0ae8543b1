"""One half of the batch gives the direction, the other half is measured."""

import numpy as np
from bnlab_solutions import *

LINE = 72
MISTAKE = "another-batch"
EXERCISE = "gradient_predictiveness"
MESSAGE = (
    "The direction comes from other examples than what you measure. Then the difference between two "
    "batches is taken for a change along the line, and it does not vanish for short steps."
)


def gradient_predictiveness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    half = x.shape[-1] // 2 or 1
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x[..., :half], y[..., :half])[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.linalg.norm(
                    net.loss_and_gradient(x[..., -half:], y[..., -half:])[1] - direction
                )
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes
