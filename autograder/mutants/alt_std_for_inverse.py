"""alt takes the cached inverse standard deviation for the standard deviation."""

from bnlab_solutions import *

LINE = 45
MISTAKE = "cache-mismatch"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "One item of the cache is taken for another one here: your forward pass stores one quantity, and "
    "this function reads it as a different one. Compare what is put in with what is taken out, item "
    "by item."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, std = cache
    N = dout.shape[0]
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
