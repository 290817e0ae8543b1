"""gamma is left out."""

import numpy as np
from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "The scale plays no part in your input gradient. With a scale of one every check passes. Look at "
    "where each argument of the function is used."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    inv_std = 1.0 / np.sqrt(running_var + eps)
    return dout * inv_std
