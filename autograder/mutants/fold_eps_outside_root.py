"""eps is added to the standard deviation."""

import numpy as np
from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "Your eps is added after the root has been taken, so the folded layer is not the network that was "
    "trained. A large eps or a small variance shows it. Look at which quantity eps joins."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = gamma / (np.sqrt(var) + eps)
    return W * s, (b - mean) * s + beta
