"""The customary eps is used on the left."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-where-none-is"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "There is an eps in your backward pass. The theorem holds without one, and for narrow features "
    "yours is not small."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 1e-5})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
