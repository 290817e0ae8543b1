"""The input gradient lacks gamma."""

import numpy as np
from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "The scale plays no part in your input gradient. With a scale of one every check passes; once the "
    "network has learnt another scale the gradient is wrong. Try a negative scale: the gradient "
    "should change its sign."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, _, inv_std = cache
    N = len(dout)
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx = inv_std / N * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
