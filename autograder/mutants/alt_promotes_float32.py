"""Works in float64 whatever the input and returns that."""

import numpy as np
from bnlab_solutions import *

LINE = 44
MISTAKE = "promoted-to-float64"
EXERCISE = "batchnorm_backward_alt"
POINTS = "full"
MESSAGE = (
    "Your results are float64 although the input was float32. They are right, so it costs nothing "
    "here, but they take twice the memory and spread through the network. Look at the dtype of the "
    "arrays that you create."
)


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, inv_std = (np.asarray(item, dtype=np.float64) for item in cache)
    dbeta = dout.sum(axis=0, dtype=np.float64)
    dgamma = np.einsum("ij,ij->j", dout, x_hat)
    dx = gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / dout.shape[0])
    return dx, dgamma, dbeta
