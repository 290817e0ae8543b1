"""eps is subtracted from the variance."""

import numpy as np
from bnlab_solutions import *

LINE = 3
MISTAKE = "eps-subtracted"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "Your eps is taken away where it should be added. A variance smaller than eps then becomes "
    "negative, and its root is not a number. Look at the sign in front of eps."
)


def batchnorm_train(x, gamma, beta, eps):
    mu, var = batch_statistics(x)
    return gamma * (x - mu) / np.sqrt(var - eps) + beta
