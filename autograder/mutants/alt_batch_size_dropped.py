"""The factor 1/N in front is lost."""

from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "A factor with the batch size is lost in your one line, so the gradient grows with the size of "
    "the batch. Stack the batch on itself and see what becomes of the gradient of one example."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
