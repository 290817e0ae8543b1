"""The copy of x keeps single precision, in which the step gets lost."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "step-in-single-precision"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "You move the entries in the precision in which they were given. In single precision a small step is "
    "mostly rounding, and the gradient is noise. Look at the type of your copy, and at what the contract "
    "says about the result."
)


def numerical_gradient(f, x, dout, h=1e-5):
    x = np.array(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        above = np.array(f(x.copy()))
        x[i] = old - h
        below = np.array(f(x.copy()))
        x[i] = old
        if np.shape(dout) != above.shape:
            raise ValueError(f"dout has shape {np.shape(dout)}, f(x) has {above.shape}")
        grad[i] = np.sum((above - below) * dout) / (2 * h)
    return grad
