"""Mean and variance are treated as constants."""

from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "Your gradient treats mean and variance as if they were fixed numbers. But every example moves "
    "both, and through them all other outputs. Look for paths from the input to the output that your "
    "one line leaves out."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    return dout * (gamma * inv_std), (dout * x_hat).sum(axis=0), dout.sum(axis=0)
