"""The product with 1 is averaged, and its square not divided."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "product-averaged"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "You square an average where the square of a sum, divided once by m, is meant: a factor of m is lost."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / m**2)
    return (dy**2).sum(axis=0), right
