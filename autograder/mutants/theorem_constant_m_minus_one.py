"""The constants are 1/(m - 1)."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "another-constant"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "You divide by m - 1. No estimate is made here: the vectors 1 and ŷ have a length that can be counted."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / (m - 1))
    return (dy**2).sum(axis=0), right
