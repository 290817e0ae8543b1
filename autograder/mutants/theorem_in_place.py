"""dout is centred in place."""

import numpy as np
from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "theorem_4_1_sides"
MESSAGE = "You change dout in place; the caller still needs it. Look for operations that work in place."


def theorem_4_1_sides(dout, y, gamma):
    m = len(y)
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    dout -= dout.mean(axis=0)
    y_hat = (y - y.mean(axis=0)) / y.std(axis=0)
    kept = (dout**2).sum(axis=0) - (dout * y_hat).sum(axis=0) ** 2 / m
    return (dy**2).sum(axis=0), gamma**2 / y.var(axis=0) * kept
