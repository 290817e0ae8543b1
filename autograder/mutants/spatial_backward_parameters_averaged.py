"""dgamma and dbeta are averaged over images and pixels."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "parameter-gradients-averaged"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "You average the gradients of scale and shift over images and pixels. Whether anything is averaged is "
    "decided by the loss, and the upstream gradient contains that already. Think what these gradients do "
    "when a batch is stacked on itself."
)


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    rows = np.moveaxis(dout, 1, 0).reshape(C, N * H * W).T
    dx, dgamma, dbeta = batchnorm_backward_alt(rows, cache)
    return np.moveaxis(dx.T.reshape(C, N, H, W), 0, 1), dgamma / (N * H * W), dbeta / (N * H * W)
