"""A variance below 1e-8 is taken for 1e-8."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "theorem-variance-floored"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "You do not let the variance fall below a small number. The theorem has no such bound, eps is 0: "
    "features with small numbers have small variances, and your right side is too small there. Look at "
    "what you divide by."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = np.maximum(y.var(axis=0), 1e-8)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    along_ones, along_y_hat = dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * ((dout**2).sum(axis=0) - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
