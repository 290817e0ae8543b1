"""The formula of BN along the other axis: gamma stands outside the means."""

from bnlab_solutions import *

LINE = 63
MISTAKE = "gamma-outside-the-mean"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "You carry the short formula of batch normalisation over, with the scale outside the means. There "
    "the scale is one number for everything that is averaged; here it changes along the axis of the "
    "mean and must not be pulled out. Check with a scale that differs from feature to feature."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    D = dout.shape[1]
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    row_sum = dout.sum(axis=1, keepdims=True)
    row_dot = (dout * x_hat).sum(axis=1, keepdims=True)
    dx = gamma * inv_std / D * (D * dout - row_sum - x_hat * row_dot)
    return dx, dgamma, dbeta
