"""The constant is a number that fits one size of the batch."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-constant"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "Your constant fits one size of the batch and no other. Measure at several m before you trust a number."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - along_ones**2 / m - along_y_hat**2 / 6)
    return (dy**2).sum(axis=0), right
