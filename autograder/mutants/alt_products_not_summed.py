"""The correlation with x_hat is taken entry by entry; the sum over the batch is missing."""

import numpy as np
from bnlab_solutions import *

LINE = 33
MISTAKE = "diagonal-of-jacobian"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "In one of your terms a sum over the batch is missing, so each example only sees itself. But an "
    "example reaches the outputs of all its batch-mates through the statistics. Look at which of your "
    "terms should be the same number for a whole column."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx = gamma * inv_std / N * (N * dout - dbeta - dout * x_hat**2)
    return dx, dgamma, dbeta
