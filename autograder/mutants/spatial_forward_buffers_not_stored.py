"""The flat version works on a copy of the parameters."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "buffers-not-stored"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "The flat version updates a copy of the parameters, and the new buffers never reach the caller. Test "
    "mode then finds what was there at the start. Look at which dictionary you hand on, and at what "
    "becomes of it."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = np.moveaxis(x, 1, 0).reshape(C, N * H * W).T
    out, cache = batchnorm_forward(rows, gamma, beta, dict(bn_param))
    return np.moveaxis(out.T.reshape(C, N, H, W), 0, 1), cache
