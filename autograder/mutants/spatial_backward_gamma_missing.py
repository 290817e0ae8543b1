"""Own formula over axes (0, 2, 3) without gamma in dx."""

from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "The scale plays no part in your input gradient. With a scale of one every check passes. Follow "
    "the upstream gradient through each operation on its way back."
)


def spatial_batchnorm_backward(dout, cache):
    rows, _, inv_std = cache
    N, C, H, W = dout.shape
    x_hat = rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    axes, m = (0, 2, 3), N * H * W
    dbeta = dout.sum(axis=axes, keepdims=True)
    dgamma = (dout * x_hat).sum(axis=axes, keepdims=True)
    dx = inv_std.reshape(1, C, 1, 1) * (dout - dbeta / m - x_hat * dgamma / m)
    return dx, dgamma.ravel(), dbeta.ravel()
