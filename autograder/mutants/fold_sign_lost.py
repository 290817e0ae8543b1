"""The scale is the root of gamma squared over the variance."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sign-of-scale-lost"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "Your folded scale is never negative: the sign of gamma got lost under a root. Scales can be "
    "negative, and training makes some of them so. Look at what stands under your root."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    scale = np.sqrt(gamma**2 / (var + eps))
    return W * scale, (b - mean) * scale + beta
