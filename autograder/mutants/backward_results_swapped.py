"""dgamma and dbeta change places."""

from bnlab_solutions import *

LINE = None
MISTAKE = "returned-in-wrong-order"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The gradients of scale and shift come back in the wrong order. They have the same shape, so "
    "nothing complains and each parameter learns with the other's gradient. Compare your return line "
    "with the contract."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / len(dout))
    return dx, dbeta, dgamma
