"""Scales the upstream gradient in place."""

import numpy as np
from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call. In a network with branches "
    "others still need it. Look for operations that work in place on an argument."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    dout *= gamma / np.sqrt(running_var + eps)
    return dout
