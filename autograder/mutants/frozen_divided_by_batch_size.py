"""Divides by N, though no mean is taken."""

import numpy as np
from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "You divide by the batch size, but in test mode no mean over the batch is taken on the way "
    "forward. Look at whether the size of the batch occurs in the forward pass at all."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    N = dout.shape[0]
    return dout * gamma / np.sqrt(running_var + eps) / N
