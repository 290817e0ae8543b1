"""Moves the parameters of each layer by itself, sorts the steps for itself, and returns lists made into arrays."""

import numpy as np
from bnlab_solutions import *


def moved(net, kept, slopes, step):
    for layer, old, slope in zip(net.layers, kept, slopes, strict=True):
        for name in layer.params:
            layer.params[name][...] = old[name] - step * slope[name]


def copies(net, what):
    return [{name: array.copy() for name, array in getattr(layer, what).items()} for layer in net.layers]


def walk(net, x, y, steps, look):
    kept, grads, mode = copies(net, "params"), copies(net, "grads"), net.mode
    results = [0.0] * len(steps)
    try:
        net.mode = "train"
        with net.running_statistics_kept():
            net.loss_and_gradient(x, y)
            slopes = copies(net, "grads")
            for place in np.argsort(steps):
                moved(net, kept, slopes, steps[place])
                results[place] = look(slopes)
    finally:
        moved(net, kept, kept, 0)
        for layer, old in zip(net.layers, grads, strict=True):
            for name in old:
                layer.grads[name][...] = old[name]
        net.mode = mode
    return np.asarray(results, dtype=float)


def squares(net, slopes):
    pairs = (
        (layer.grads[name], old[name]) for layer, old in zip(net.layers, slopes, strict=True) for name in old
    )
    return sum(float(np.vdot(a - b, a - b)) for a, b in pairs)


def loss_along_gradient(net, x, y, steps):
    return walk(net, x, y, steps, lambda slopes: net.loss_and_gradient(x, y)[0])


def gradient_predictiveness(net, x, y, steps):
    def look(slopes):
        net.loss_and_gradient(x, y)
        return squares(net, slopes) ** 0.5

    return walk(net, x, y, steps, look)


def effective_smoothness(net, x, y, steps):
    lengths = []

    def look(slopes):
        net.loss_and_gradient(x, y)
        lengths.append(sum(float((a**2).sum()) for layer in slopes for a in layer.values()) ** 0.5)
        return squares(net, slopes) ** 0.5

    changes = walk(net, x, y, steps, look)
    return float((changes / steps / lengths[0]).max())
