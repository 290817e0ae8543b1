"""alt takes the parameters' gradients from the plain version and the rest from a projection."""

import numpy as np
from bnlab_solutions import *


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    _, dgamma, dbeta = batchnorm_backward(dout, cache)
    N = dout.shape[0]
    shortened = 1 - (x_hat**2).sum(axis=0) / N  # zero only for eps = 0
    length = np.where((x_hat**2).any(axis=0), (x_hat**2).sum(axis=0), 1)
    along = x_hat * dgamma / length
    return gamma * inv_std * (project_out(dout, x_hat) + shortened * along), dgamma, dbeta
