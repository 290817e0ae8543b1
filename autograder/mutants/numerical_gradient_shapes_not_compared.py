"""An upstream gradient of another shape is broadcast."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "shapes-not-compared"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "An upstream gradient whose shape differs from that of the values is used all the same, since "
    "broadcasting makes it fit. The result is a gradient of something else. Look at what the contract "
    "says about shapes."
)


def numerical_gradient(f, x, dout, h=1e-5):
    x = np.array(x, dtype=np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        grad[i] = np.sum((np.array(f(x + step)) - f(x - step)) * dout) / (2 * h)
    return grad
