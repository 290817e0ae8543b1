"""The factor in front is gamma/σ."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-factor"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "The factor in front of the right side is not squared. A gradient that is twice as long has a "
    "squared length four times as large."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = np.abs(gamma) / np.sqrt(var) * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
