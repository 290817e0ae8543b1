"""eps is squared under the root of the running variance."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-squared"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "eps reaches the running variance as its square. With a usual, tiny eps that is as good as none. Look "
    "at which quantity eps has the unit of, and at what your forward pass in test mode does with it."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return dout * gamma / np.sqrt(running_var + eps**2)
