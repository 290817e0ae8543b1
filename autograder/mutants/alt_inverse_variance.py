"""The one line divides by the variance."""

from bnlab_solutions import *

LINE = 41
MISTAKE = "inverse-variance"
EXERCISE = "batchnorm_backward_alt"
MESSAGE = (
    "Your input gradient is divided by the variance where the standard deviation is meant. With a "
    "variance near one nobody notices. Scale the data by ten: the input gradient should shrink by "
    "ten, not by a hundred."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx = gamma / N * inv_std**2 * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
