"""Means are divided by N again."""

import numpy as np
from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "Your one line divides by the batch size twice: means stand where sums were meant. Count the "
    "divisions on each path from the output to the input."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N, _ = dout.shape
    dxhat = dout * gamma
    dx = inv_std * (dxhat - np.mean(dxhat, axis=0) / N - x_hat * np.mean(dxhat * x_hat, axis=0) / N)
    return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)
