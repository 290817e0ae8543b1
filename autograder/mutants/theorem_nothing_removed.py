"""The right side is the rescaled gradient alone."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "only-rescaled"
EXERCISE = "theorem_4_1_sides"
MESSAGE = "Your right side only rescales. The theorem says more: two components of the gradient are gone."


def theorem_4_1_sides(dout, y, gamma):
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    return (dy**2).sum(axis=0), gamma**2 / y.var(axis=0) * (dout**2).sum(axis=0)
