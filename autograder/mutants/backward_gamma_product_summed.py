"""dgamma as a matrix product whose rows are summed, so that the shape fits."""

import numpy as np
from bnlab_solutions import *

LINE = 38
MISTAKE = "matrix-product-for-gamma"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient of the scale contains products of different features: it is a matrix product, "
    "summed until the shape fits. But the scale multiplies feature by feature. Look at which entries "
    "of the upstream gradient meet which entries of the normalised data."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = np.dot(dout.T, x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.sum(0) / N - x_hat * (dx_hat * x_hat).sum(0) / N)
    return dx, dgamma, dbeta
