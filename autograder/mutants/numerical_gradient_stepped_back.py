"""The entry is restored by adding h again, which leaves rounding errors in the caller's array."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "input-not-restored"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "You restore the entry by arithmetic, but in floating point a step forth and back does not always "
    "return to the same number. The caller's array has changed in its last digits. Think about how to "
    "get back exactly what was there."
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
        x[i] += h
        grad[i] = np.sum((fp - fm) * dout) / (2 * h)
    return grad
