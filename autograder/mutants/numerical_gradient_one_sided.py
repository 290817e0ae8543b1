"""Forward differences: the error falls with h, not with h squared."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "one-sided-difference"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "You compare the function with its value at the point itself, a one-sided difference. Its error "
    "is of the order of the step, thousands of times larger than needed, and hides small mistakes. "
    "Look at the two points at which the task evaluates."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    x = x.astype(float)
    base = np.sum(f(x) * dout)
    grad = np.zeros_like(x)
    for idx in np.ndindex(x.shape):
        old = x[idx]
        x[idx] = old + h
        grad[idx] = (np.sum(f(x) * dout) - base) / h
        x[idx] = old
    return grad
