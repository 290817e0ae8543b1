"""The caller's eps is ignored in favour of 1e-5."""

import numpy as np
from bnlab_solutions import *

LINE = 4
MISTAKE = "eps-fixed"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "The eps that the caller gives is ignored, and a fixed one is used. With the customary value "
    "nobody notices; whoever chooses another gets the wrong function. Look at where each argument of "
    "the function is used."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = x.mean(axis=0), x.var(axis=0)
    x_norm = (x - mean) / np.sqrt(var + 1e-5)
    return gamma * x_norm + beta
