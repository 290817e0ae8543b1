"""The running mean is subtracted after the scaling."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "mean-not-scaled"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "The running mean is taken away after the scaling, where BN takes it away before. With a scale near "
    "1, or a mean near zero, nobody notices. Look at what your scale multiplies."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    return W * scale, b * scale - mean + beta
