"""One generator walks for all three functions, with a stack of things to put back; the smoothness has its own walk."""

from contextlib import ExitStack

import numpy as np
from bnlab_solutions import *


def stops(net, x, y, steps):
    """The loss and a copy of the gradient at the beginning, then at each step."""
    with ExitStack() as stack:
        stack.callback(setattr, net, "mode", net.mode)
        stack.callback(np.copyto, net.gradient, net.gradient.copy())
        stack.callback(np.copyto, net.parameters, net.parameters.copy())
        stack.enter_context(net.running_statistics_kept())
        net.mode = "train"
        start = net.parameters.copy()
        loss, direction = net.loss_and_gradient(x, y)
        direction = direction.copy()
        yield loss, direction
        for step in steps:
            np.copyto(net.parameters, start - np.float64(step) * direction, casting="same_kind")
            loss, gradient = net.loss_and_gradient(x, y)
            yield loss, gradient.copy()


def loss_along_gradient(net, x, y, steps):
    return np.array([loss for loss, _ in stops(net, x, y, steps)][1:])


def gradient_predictiveness(net, x, y, steps):
    (_, first), *others = stops(net, x, y, steps)
    return np.array([np.sqrt(((gradient - first) ** 2).sum()) for _, gradient in others])


def effective_smoothness(net, x, y, steps):
    (_, first), *others = stops(net, x, y, steps)
    length = np.sqrt((first**2).sum())
    ratios = [
        np.sqrt(((g - first) ** 2).sum()) / (step * length)
        for step, (_, g) in zip(steps, others, strict=True)
    ]
    return max(ratios)
