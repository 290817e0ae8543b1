"""Parameters are moved layer by layer through ``params`` and ``grads``, and kept in dictionaries."""

import numpy as np
from bnlab_solutions import *


def internal_covariate_shift(net, x, y, layer, lr):
    kept = [{name: value.copy() for name, value in each.params.items()} for each in net.layers]
    gradient, mode = np.array(net.gradient), net.mode

    def of_layer():
        return np.concatenate([net.layers[layer].grads[name].ravel() for name in net.layers[layer].shapes])

    try:
        net.mode = "train"
        with net.running_statistics_kept():
            net.backward(net.loss(net.forward(x), y)[1])
            G = of_layer()
            for each in net.layers[:layer]:
                for name in each.params:
                    each.params[name] -= lr * each.grads[name]
            net.backward(net.loss(net.forward(x), y)[1])
            G_new = of_layer()
    finally:
        for each, values in zip(net.layers, kept, strict=True):
            for name, value in values.items():
                each.params[name][...] = value
        net.gradient[:] = gradient
        net.mode = mode
    unit = [g / np.sqrt((g.astype(float) ** 2).sum()) for g in (G, G_new)]
    return np.linalg.norm(G_new - G), np.dot(*unit)


def activation_moments(net, x, layer):
    outs, mode = [], net.mode
    net.mode = "train"
    listen = lambda index, out: outs.append(out.copy())  # noqa: E731
    net.hooks.append(listen)
    try:
        with net.running_statistics_kept():
            net.forward(x)
    finally:
        net.hooks.remove(listen)
        net.mode = mode
    axes = tuple(range(1, outs[layer].ndim))
    return outs[layer].mean(axis=axes), outs[layer].var(axis=axes)
