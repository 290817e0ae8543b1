"""The two sums of the one-line formula have changed places."""

from bnlab_solutions import *

LINE = None
MISTAKE = "sums-swapped"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "The two sums in your line have changed places: the one that belongs to the normalised data stands "
    "alone, and the other multiplies them. Ask of each term which direction it is to take away from the "
    "upstream gradient."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std / N * (N * dout - dgamma - x_hat * dbeta)
    return dx, dgamma, dbeta
