"""Groups are handled in a loop, and the last one overwrites the path through the mean."""

from bnlab_solutions import *

LINE = 36
MISTAKE = "branch-overwritten"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Only the last of your groups keeps its own averages; in the loop each overwrites those of the one "
    "before. With one group nobody notices. Look at what is computed inside the loop and used after it."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat, x_hat = (gamma * dout).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    for g in range(G):
        mean = dx_hat[:, g].mean(axis=1)[:, None, None]
        along_x_hat = (dx_hat[:, g] * x_hat[:, g]).mean(axis=1)[:, None, None]
    dx = inv_std * (dx_hat - mean - x_hat * along_x_hat)
    return dx.reshape(dout.shape), dgamma, dbeta
