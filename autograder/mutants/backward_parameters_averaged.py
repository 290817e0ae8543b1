"""dgamma and dbeta are averaged over the batch instead of summed."""

from bnlab_solutions import *

LINE = None
MISTAKE = "parameter-gradients-averaged"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift are averages over the batch. Whether a loss is averaged is "
    "decided by the loss, and the upstream gradient already contains it; a second division shrinks "
    "the learning rate of these parameters in silence. Stack the batch on itself and see what becomes "
    "of them."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.mean(axis=0)
    dgamma = (dout * x_hat).mean(axis=0)
    dx = gamma * inv_std * (dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
