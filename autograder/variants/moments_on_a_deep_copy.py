"""The measurement is made on a deep copy, which is then forgotten."""

import copy

import numpy as np
from bnlab_solutions import *


def activation_moments(net, x, layer):
    double = copy.deepcopy(net)
    double.mode, double.hooks = "train", []
    with double.recording(layer) as seen:
        double.forward(x)
    (out,) = seen.popitem()[1]
    axes = tuple(range(1, out.ndim))
    return np.mean(out, axis=axes), np.var(out, axis=axes)
