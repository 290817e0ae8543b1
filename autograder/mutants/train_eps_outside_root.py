"""eps is added to the standard deviation instead of the variance."""

import numpy as np
from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "Your eps is added after the root has been taken. For ordinary data nobody sees it, but the "
    "result is not the one defined, and the backward pass you will derive belongs to another "
    "function. Look at which quantity eps joins."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / (np.sqrt(var) + eps)
    return gamma * x_hat + beta
