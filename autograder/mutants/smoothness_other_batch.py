"""One half of the batch gives the direction, the other half is measured."""

import numpy as np
from bnlab_solutions import *

LINE = 72
MISTAKE = "another-batch"
EXERCISE = "effective_smoothness"
MESSAGE = (
    "The two gradients that you compare belong to different examples. Then the difference between two "
    "batches is taken for curvature, and for a short step it becomes as large as you like."
)


def effective_smoothness(net, x, y, steps):
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    net.mode = "train"
    beta = 0
    half = x.shape[-1] // 2 or 1
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x[..., :half], y[..., :half])[1].copy()
            for step in steps:
                net.parameters[:] = start - step * direction
                change = np.linalg.norm(net.loss_and_gradient(x[..., -half:], y[..., -half:])[1] - direction)
                beta = max(beta, change / (step * np.linalg.norm(direction)))
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return float(beta)
