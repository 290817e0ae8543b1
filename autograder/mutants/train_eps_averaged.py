"""eps joins the sum of squares before that is divided by N."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "eps-averaged"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "eps joins the sum of squares, and the division by the number of examples makes it smaller, too. The "
    "larger the batch, the less of it is left. Look at the parentheses around your sum."
)


def batchnorm_train(x, gamma, beta, eps):
    x = np.asarray(x)
    centred = x - x.mean(axis=0)
    var = ((centred**2).sum(axis=0) + eps) / len(x)
    return gamma * centred / np.sqrt(var) + beta
