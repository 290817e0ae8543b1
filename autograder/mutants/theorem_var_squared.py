"""gamma squared over variance squared."""

import numpy as np
from bnlab_solutions import *

LINE = 5
MISTAKE = "another-factor"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "You divide by the square of the variance. The factor is the square of a ratio of γ to a standard "
    "deviation; look at which of the two is a square already."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = (gamma / var) ** 2 * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
