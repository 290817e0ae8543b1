"""The change of f and the upstream gradient are summed separately, then multiplied."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "product-of-sums"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "Change and upstream gradient are added up one by one and multiplied afterwards. The product of two "
    "sums is not the sum of products; with an upstream gradient of ones the two agree. Look at the order "
    "of multiplying and summing."
)


def numerical_gradient(f, x, dout, h=1e-5):
    x = np.array(x, dtype=np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        difference = np.array(f(x + step)) - f(x - step)
        if np.shape(dout) != difference.shape:
            raise ValueError(f"dout has shape {np.shape(dout)}, f(x) has {difference.shape}")
        grad[i] = np.sum(difference) * np.sum(dout) / (2 * h)
    return grad
