"""The running statistics are frozen, but the mean of the gradient is taken away."""

import numpy as np
from bnlab_solutions import *

LINE = 31
MISTAKE = "train-formula-in-test"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "Your gradient subtracts a mean over the batch, as if the batch's mean still moved. With frozen "
    "statistics no example reaches another one. Look for a mean or a sum over examples."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    dx_hat = dout * gamma
    return (dx_hat - dx_hat.mean(axis=0)) / np.sqrt(running_var + eps)
