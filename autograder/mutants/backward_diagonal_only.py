"""Each output is differentiated by its own input only; the other examples of the batch are left out."""

import numpy as np
from bnlab_solutions import *

LINE = 33
MISTAKE = "diagonal-of-jacobian"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "You differentiate each output by its own input alone. But an example reaches the outputs of all "
    "its batch-mates through mean and variance, and those paths have to be added up. Look for the "
    "sums over the batch in your input gradient."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    own = gamma * inv_std * (1 - 1 / N - x_hat**2 / N)  # d out[i, j] / d x[i, j]
    return dout * own, dgamma, dbeta
