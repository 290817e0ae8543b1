"""Results come back as lists, and reshaped parameters are used throughout."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    return [x.mean(axis=0), x.var(axis=0)]


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = (gamma / np.sqrt(var + eps)).reshape(1, -1)
    return [W * s, ((b - mean).reshape(1, -1) * s + beta.reshape(1, -1)).ravel()]


def recalibrate(batches):
    rows = [row for batch in batches for row in batch]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError("no rows, or rows of different lengths")
    mean = sum(rows) / len(rows)
    return [mean, sum((row - mean) ** 2 for row in rows) / len(rows)]


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = cache
    N, D = dout.shape
    g = gamma.reshape(1, D) * inv_std.reshape(1, D)
    dx = g * (dout - dout.mean(axis=0).reshape(1, D) - x_hat * (dout * x_hat).mean(axis=0).reshape(1, D))
    return [dx, N * (dout * x_hat).mean(axis=0), N * dout.mean(axis=0)]


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    flat = np.moveaxis(dout, 1, -1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward_alt(flat, cache)
    return [np.moveaxis(dx.reshape(N, H, W, C), -1, 1), dgamma, dbeta]


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, C, H, W = dout.shape
    G = inv_std.shape[1]
    shape = (N, G, C // G, H, W)
    g, xh = (gamma * dout).reshape(shape), x_hat.reshape(shape)
    m1, m2 = (v.mean(axis=(2, 3, 4), keepdims=True) for v in (g, g * xh))
    dx = (inv_std[:, :, :, None, None] * (g - m1 - xh * m2)).reshape(N, C, H, W)
    return [
        dx,
        np.einsum("nchw,nchw->c", dout, x_hat).reshape(1, C, 1, 1),
        dout.sum((0, 2, 3)).reshape(1, -1, 1, 1),
    ]
