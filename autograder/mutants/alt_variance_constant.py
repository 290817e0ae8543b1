"""Only the mean is projected out."""

from bnlab_solutions import *

LINE = 34
MISTAKE = "variance-treated-as-constant"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "Your one line follows the mean but treats the variance as a fixed number. Of the two directions "
    "that BN removes from a gradient, one is still there. Look for the path from the input through "
    "the variance."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    dx = gamma * inv_std * (dout - dout.mean(axis=0))
    return dx, dgamma, dbeta
