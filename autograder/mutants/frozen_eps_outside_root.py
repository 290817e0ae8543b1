"""eps is added to the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "Your eps is added after the root has been taken, so the gradient belongs to another function "
    "than the forward pass of test mode. A large eps shows it. Look at which quantity eps joins."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return dout * gamma / (np.sqrt(running_var) + eps)
