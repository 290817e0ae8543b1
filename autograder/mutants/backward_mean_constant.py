"""The mean is treated as a constant, the variance is not."""

import numpy as np
from bnlab_solutions import *

LINE = 35
MISTAKE = "mean-treated-as-constant"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient follows the variance but treats the mean as a fixed number. A shift of the whole "
    "batch does not change the output, so each column of the input gradient has to add up to zero; "
    "yours does not. Look for the path from the input through the mean."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dx_hat = dout * gamma
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    dvar = np.sum(dx_hat * x_hat, axis=0) * -0.5 * inv_std**2
    dx = dx_hat * inv_std + dvar * 2 * x_hat / inv_std / N
    return dx, dgamma, dbeta
