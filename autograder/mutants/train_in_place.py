"""Centres and scales the caller's array in place."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "The batch that was handed in has changed after the call. Whoever uses it next, another branch of "
    "the network or a test, gets other numbers. Look for operations that work in place on an "
    "argument."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x -= mean
    x /= np.sqrt(var + eps)
    return gamma * x + beta
