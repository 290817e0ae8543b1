"""The constant as printed, 1/√m."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "printed-constant"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "You use the constant that the paper prints. Then the right side is smaller than the left: the "
    "relation is violated. Work out which length the normalised y has, and measure."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - along_ones**2 / m - along_y_hat**2 / np.sqrt(m))
    return (dy**2).sum(axis=0), right
