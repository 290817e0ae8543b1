"""eps is squared under the root: the root of var + eps**2."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-squared"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "eps reaches the variance as its square. With a usual, tiny eps that is as good as none, and with one "
    "greater than 1 it is too much. Look at which quantity eps has the unit of."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(var + eps**2)
    return gamma * x_hat + beta
