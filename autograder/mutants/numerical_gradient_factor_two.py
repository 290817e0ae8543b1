"""The central difference is divided by h instead of 2 h."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "step-counted-once"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "The gradient is too large by a factor of two. The two points at which you evaluate lie further "
    "apart than the number you divide by. Draw both points on a line and measure the distance."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    grad = np.zeros(x.shape)
    for idx in np.ndindex(x.shape):
        plus, minus = x.astype(float), x.astype(float)
        plus[idx] += h
        minus[idx] -= h
        grad[idx] = ((f(plus) - f(minus)) * dout).sum() / h
    return grad
