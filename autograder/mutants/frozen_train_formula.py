"""The mean's path of training mode is kept, although the statistics are frozen."""

import numpy as np
from bnlab_solutions import *

LINE = 31
MISTAKE = "train-formula-in-test"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "You use a formula from training mode. Here the statistics are frozen: no example moves them, so "
    "no example reaches another one. Draw the graph of test mode and count the paths from an input to "
    "the outputs."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    dx_hat = dout * gamma
    return (dx_hat - dx_hat.mean(axis=0)) / np.sqrt(running_var + eps)
