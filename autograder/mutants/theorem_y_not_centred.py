"""The product is taken with y divided by its standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "y-not-normalised"
EXERCISE = "theorem_4_1_sides"
MESSAGE = "You project on a y that is not centred. An offset of y must not matter: BN removes it."


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = y / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
