"""The formula of BN over groups: gamma stands outside the means."""

from bnlab_solutions import *

LINE = 63
MISTAKE = "gamma-outside-the-mean"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "You carry the short formula of batch normalisation over, with the scale outside the means. There "
    "the scale is one number for everything that is averaged; in a group it changes from channel to "
    "channel and must not be pulled out. Check with a scale that differs from channel to channel."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    d, xh = dout.reshape(N, G, -1), x_hat.reshape(N, G, -1)
    inner = inv_std * (d - d.mean(axis=2, keepdims=True) - xh * (d * xh).mean(axis=2, keepdims=True))
    return gamma * inner.reshape(dout.shape), dgamma, dbeta
