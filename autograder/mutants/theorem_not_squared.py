"""Lengths instead of squared lengths on the left."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "length-not-squared"
EXERCISE = "theorem_4_1_sides"
MESSAGE = "Your left side is a length, the right one a squared length. Double dout and watch both."


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return np.sqrt((dy**2).sum(axis=0)), right
