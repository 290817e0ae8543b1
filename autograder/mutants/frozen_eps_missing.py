"""eps is left out."""

import numpy as np
from bnlab_solutions import *

LINE = 40
MISTAKE = "eps-missing-in-gradient"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "Your eps takes no part in the gradient, though it does in the forward pass. With the customary "
    "eps nobody notices; a large one, or a variance of zero, shows it. Compare the divisors of both "
    "passes."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    dx_hat = gamma * dout
    dx = dx_hat / np.sqrt(running_var)
    return dx
