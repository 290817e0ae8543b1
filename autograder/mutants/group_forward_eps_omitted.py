"""eps is left out."""

from bnlab_solutions import *

LINE = 2
MISTAKE = "eps-omitted"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your eps takes no part in the computation. A group whose values are all equal, a black image "
    "say, then leads to a division by zero. Look at what happens when a variance is zero."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    rows = x.reshape(N * G, -1)
    std = rows.std(axis=1, keepdims=True)
    x_hat = ((rows - rows.mean(axis=1, keepdims=True)) / std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, 1 / std.reshape(N, G, 1))
