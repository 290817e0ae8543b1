"""The copy keeps an integer dtype, so a small step is truncated away."""

import numpy as np
from bnlab_solutions import *

LINE = 13
MISTAKE = "integer-truncation"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "For an input of integers your working copy holds integers too, and a small step is cut off when "
    "you store it. Look at the dtype of the array into which you write the moved entry."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    x = x.copy()
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        plus = np.array(f(x), dtype=float)
        x[i] = old - h
        minus = np.array(f(x), dtype=float)
        x[i] = old
        grad[i] = np.sum((plus - minus) * dout) / (2 * h)
    return grad
