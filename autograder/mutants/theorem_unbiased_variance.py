"""The variance is the unbiased one."""

import numpy as np
from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "You divide by m - 1 in the variance. BN does not, and ŷ then has another length than the theorem says."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0, ddof=1)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
