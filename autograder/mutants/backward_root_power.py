"""dvar carries the power -1/2 where -3/2 belongs."""

from bnlab_solutions import *

LINE = None
MISTAKE = "inverse-node-derivative"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The derivative of one divided by a root has lost a power: the exponent stayed where it was. With a "
    "spread near 1 nobody notices. Differentiate that single node again, and check it for a spread of 10."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    centred = x_hat / inv_std
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dvar = (dx_hat * centred).sum(axis=0) * -0.5 * (inv_std**-2) ** -0.5
    dmean = -(dx_hat * inv_std).sum(axis=0) - 2 * dvar * centred.mean(axis=0)
    dx = dx_hat * inv_std + dvar * 2 * centred / N + dmean / N
    return dx, dgamma, dbeta
