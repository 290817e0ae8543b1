"""The whole formula of training mode, with the upstream gradient in the place of x_hat."""

import numpy as np
from bnlab_solutions import *

LINE = 31
MISTAKE = "train-formula-in-test"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "You use the formula from training mode, and something had to stand in for the normalised data. "
    "Here the statistics are frozen: no example moves them. Draw the graph of test mode and count the "
    "paths from an input to the outputs."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    N = dout.shape[0]
    inv_std = 1 / np.sqrt(running_var + eps)
    x_hat = (dout - dout.mean(axis=0)) * inv_std
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma * inv_std / N * (N * dout - dbeta - x_hat * dgamma)
