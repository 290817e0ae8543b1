"""gamma multiplies the upstream gradient and the whole of dx again."""

from bnlab_solutions import *

LINE = None
MISTAKE = "gamma-twice-in-dx"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "The scale enters your input gradient twice. With a scale of 1 nobody notices, and with a negative "
    "one the sign is lost. Follow the scale through your lines and count."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = gamma * inv_std / N * (N * dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0))
    return dx, dgamma, dbeta
