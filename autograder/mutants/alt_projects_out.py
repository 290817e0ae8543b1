"""What points along x_hat is removed completely, as for eps = 0."""

from bnlab_solutions import *

LINE = None
MISTAKE = "projection-for-gradient"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "You remove from the gradient all that points along the normalised data. That is right for an eps of "
    "zero; otherwise a little of it stays, the more the larger eps is against the variance. Look at what "
    "you divide the sum of products by."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    return gamma * inv_std * project_out(dout, x_hat), dgamma, dbeta
