"""The sums over a group are divided by the batch size."""

from bnlab_solutions import *

LINE = 58
MISTAKE = "divided-by-wrong-count"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your sums run over the values of a group, but you divide them by the batch size. Images in which "
    "the two agree hide it. Count how many values shared one mean in the forward pass."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    g, xh = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    s1, s2 = g.sum(axis=2, keepdims=True), (g * xh).sum(axis=2, keepdims=True)
    dx = inv_std * (g - s1 / N - xh * s2 / N)
    return dx.reshape(dout.shape), dgamma, dbeta
