"""The layers are called one after the other, without the network's ``forward``; lists are returned, in float64."""

import numpy as np
from bnlab_solutions import *


def walk(net, x, last):
    out = np.ascontiguousarray(x, net.dtype)
    for each in net.layers[: last + 1]:
        out = each.forward(out, "train")
    return out


def activation_moments(net, x, layer):
    with net.running_statistics_kept():
        out = np.array(walk(net, x, layer), np.float64)
    rows = np.stack([np.ravel(unit) for unit in out])
    mean = rows.sum(axis=1) / rows.shape[1]
    return [mean, ((rows - mean[:, None]) ** 2).sum(axis=1) / rows.shape[1]]


def internal_covariate_shift(net, x, y, layer, lr):
    start, old = net.parameters.copy(), net.gradient.copy()
    place, last = net.slices[layer], len(net.layers) - 1
    found = []
    try:
        with net.running_statistics_kept():
            for _ in range(2):
                _, dout = net.loss(walk(net, x, last).copy(), y)
                net.backward(dout)
                found.append(np.array(net.gradient[place], np.float64))
                net.parameters[: place.start] = start[: place.start] - lr * net.gradient[: place.start]
    finally:
        net.parameters[:], net.gradient[:] = start, old
    first, second = found
    lengths = np.linalg.norm(found, axis=1)
    return [float(np.sqrt(np.sum(np.square(second - first)))), float(first @ second / lengths.prod())]
