"""The 2 of the square was kept, the 1/2 of the root was lost: the x_hat term counts twice."""

from bnlab_solutions import *

LINE = None
MISTAKE = "factor-in-variance-path"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "The path through the variance enters with twice its weight. The square brings a factor and the root "
    "another; simplify them once more on paper."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std / N * (N * dout - dbeta - 2 * x_hat * dgamma)
    return dx, dgamma, dbeta
