"""The upstream gradient is left out: it differentiates the plain sum of f."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "upstream-ignored"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "The upstream gradient plays no part in your result: you differentiate the plain sum of the "
    "outputs. For many layers that sum barely depends on the input, so the check could never fail. "
    "Look at where the upstream gradient should weigh the outputs."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    for _ in it:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        up = f(x).sum()
        x[i] = old - h
        down = f(x).sum()
        x[i] = old
        grad[i] = (up - down) / (2 * h)
    return grad
