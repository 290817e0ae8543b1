"""Spatial BN moves the axes with transpose and swapaxes and goes through the flat version."""

import numpy as np
from bnlab_solutions import *


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), (cache, x.shape)


def spatial_batchnorm_backward(dout, cache):
    inner, (N, C, H, W) = cache
    rows = np.swapaxes(dout.reshape(N, C, H * W), 1, 2).reshape(N * H * W, C)
    dx, dgamma, dbeta = batchnorm_backward(rows, inner)
    return np.swapaxes(dx.reshape(N, H * W, C), 1, 2).reshape(N, C, H, W), dgamma, dbeta
