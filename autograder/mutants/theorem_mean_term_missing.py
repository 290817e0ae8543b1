"""The term along 1 is missing on the right."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "ones-not-removed"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "Your right side does not take away what lies along the vector of ones. BN's backward pass lets no "
    "constant through."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_y_hat = (dout**2).sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - along_y_hat**2 / m)
    return (dy**2).sum(axis=0), right
