"""Only the direction of x_hat is projected out."""

from bnlab_solutions import *

LINE = 35
MISTAKE = "mean-treated-as-constant"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "Your one line follows the variance but treats the mean as a fixed number. A shift of the whole "
    "batch does not change the output, so each column of the input gradient has to add up to zero; "
    "yours does not. Look for the path from the input through the mean."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    dx = gamma * inv_std * (dout - x_hat * dgamma / dout.shape[0])
    return dx, dgamma, dbeta
