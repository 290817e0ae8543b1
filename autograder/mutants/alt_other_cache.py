"""alt unpacks more values than the forward pass has stored."""

import numpy as np
from bnlab_solutions import *

LINE = 45
MISTAKE = "cache-mismatch"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "This function unpacks another cache than your forward pass stores. Both backward functions get "
    "the same parcel. Compare what is put in with what is taken out, item by item."
)


def batchnorm_backward_alt(dout, cache):
    x, x_hat, var, gamma, eps = cache
    N = len(x)
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx = gamma / np.sqrt(var + eps) * (dout - (dbeta + x_hat * dgamma) / N)
    return dx, dgamma, dbeta
