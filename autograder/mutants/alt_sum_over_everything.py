"""A sum without an axis: one number for all features."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "sum-over-everything"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "A sum in your input gradient runs over all features as well as all examples, so one feature's "
    "gradient depends on another's. Look for a sum that was not told along which axis to run."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std / N * (N * dout - dbeta - x_hat * np.sum(dout * x_hat))
    return dx, dgamma, dbeta
