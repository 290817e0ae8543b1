"""The left side is the gradient before it has gone through BN."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "gradient-not-through-bn"
EXERCISE = "theorem_4_1_sides"
MESSAGE = (
    "Your left side is the length of dout. The theorem compares it with the gradient by y, and between "
    "the two stands BN."
)


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    length2, along_ones, along_y_hat = (dout**2).sum(axis=0), dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * (length2 - (along_ones**2 + along_y_hat**2) / m)
    return (dout**2).sum(axis=0), right
