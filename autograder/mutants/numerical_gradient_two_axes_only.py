"""Two nested loops: only arrays with two axes work."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "two-axes-assumed"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "Your loops assume an input with exactly two axes. A bias has one and an image has four; both "
    "need their gradient checked too. Look for a way to visit the entries of an array of any shape."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    N, D = x.shape
    grad = np.zeros((N, D))
    for i in range(N):
        for j in range(D):
            step = np.zeros((N, D))
            step[i, j] = h
            grad[i, j] = np.sum((f(x + step) - f(x - step)) * dout) / (2 * h)
    return grad
