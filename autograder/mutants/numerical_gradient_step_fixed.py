"""The argument h is ignored; the step is always 1e-5."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "step-ignored"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "The step size that the caller asks for is ignored. Experiments that vary the step would show the "
    "same number over and over. Look at where each argument of the function is used."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    x = x.astype(float)
    grad, step = np.zeros_like(x), 1e-5
    for i in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[i] = step
        grad[i] = np.sum((f(x + shift) - f(x - shift)) * dout) / (2 * step)
    return grad
