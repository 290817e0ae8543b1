"""Multiplies by the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = 66
MISTAKE = "multiplied-by-std"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "You multiply by the standard deviation where a division is needed. The chain rule passes on the "
    "same factor that the forward pass applied. Look at what one input is multiplied by on its way "
    "forward."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    std = np.sqrt(running_var + eps)
    return dout * gamma * std
