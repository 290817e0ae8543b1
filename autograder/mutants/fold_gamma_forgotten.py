"""gamma and beta are forgotten."""

import numpy as np
from bnlab_solutions import *

LINE = 9
MISTAKE = "scale-and-shift-forgotten"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "Scale and shift take no part in the folded layer; what the network has learnt there is thrown "
    "away. With their starting values nothing seems wrong. Look at where each argument of the "
    "function is used."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    inv_std = 1 / np.sqrt(var + eps)
    return W * inv_std, (b - mean) * inv_std
