"""What points along x_hat is removed completely, as for eps = 0."""

from bnlab_solutions import *

LINE = None
MISTAKE = "projection-for-gradient"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "You remove from the gradient all that points along the normalised row. That is right for an eps of "
    "zero; otherwise a little of it stays. Look at what you divide the sum of products by."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    return inv_std * project_out((gamma * dout).T, x_hat.T).T, dgamma, dbeta
