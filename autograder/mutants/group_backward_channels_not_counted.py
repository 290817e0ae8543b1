"""The sums over a group are divided by the number of pixels, without the channels."""

import numpy as np
from bnlab_solutions import *

LINE = 58
MISTAKE = "divided-by-wrong-count"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your sums run over channels and pixels of a group, but you divide by the number of pixels alone. "
    "One channel per group hides it. Count how many values shared one mean in the forward pass."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    G, M = inv_std.shape[1], H * W
    grad = (dout * gamma).reshape(N * G, -1)
    normal = x_hat.reshape(N * G, -1)
    dx = grad - grad.sum(1, keepdims=True) / M - normal * (grad * normal).sum(1, keepdims=True) / M
    dx = (dx * inv_std.reshape(N * G, 1)).reshape(N, C, H, W)
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3)).reshape(1, C, 1, 1)
    dbeta = np.sum(dout, axis=(0, 2, 3)).reshape(1, C, 1, 1)
    return dx, dgamma, dbeta
