"""The sums for dx run over the batch: the backward pass of batch normalisation."""

from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "In your input gradient the sums run over the wrong axis: over the batch, as in batch "
    "normalisation. Here no example meets another one. Look at which numbers shared a mean in the "
    "forward pass."
)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std / N * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
