"""After each step the entry stays moved."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "input-not-restored"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "After visiting an entry you do not put the old number back. Later entries are then "
    "differentiated at another point, and the caller's array has changed. Look at what the array "
    "holds at the end of each round of your loop."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        x[i] += h
        fp = f(x).copy()
        x[i] -= 2 * h
        fm = f(x).copy()
        grad[i] = np.sum((fp - fm) * dout) / (2 * h)
    return grad
