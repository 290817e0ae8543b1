"""The whole input gradient is divided by N once more."""

from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your whole input gradient is divided by the batch size once too often. The upstream gradient "
    "already contains whatever averaging the loss does. Stack the batch on itself and see what "
    "becomes of the gradient of one example."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std / N * (dout - dbeta / N - x_hat * dgamma / N)
    return dx, dgamma, dbeta
