"""eps joins the variance when it is computed, and once more under the root."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-twice"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "eps enters twice: the variance you work with contains it already when it is added under the root. "
    "Look at every line in which eps stands."
)


def batchnorm_train(x, gamma, beta, eps):
    x = np.asarray(x)
    mean = x.mean(axis=0)
    var = x.var(axis=0) + eps
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta
