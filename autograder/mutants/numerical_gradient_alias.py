"""The first result is not copied; a function that returns its own argument gives the same array twice."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "view-instead-of-copy"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "If the function hands back its own argument or a view of it, both of your results are one and "
    "the same array, and their difference is zero. Think about whether the first result can still "
    "change before you use it."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    x = x.astype(float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        f_plus = f(x)
        x[i] = old - h
        f_minus = f(x)
        x[i] = old
        grad[i] = np.sum((f_plus - f_minus) * dout) / (2 * h)
    return grad
