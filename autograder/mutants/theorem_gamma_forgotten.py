"""gamma is missing on the right."""

import numpy as np
from bnlab_solutions import *

LINE = 39
MISTAKE = "another-factor"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "The scale γ is missing on the right. As long as it is 1 nobody notices; double it and watch both sides."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = (length2 - (along_ones**2 + along_y_hat**2) / m) / var
    return (dy**2).sum(axis=0), right
