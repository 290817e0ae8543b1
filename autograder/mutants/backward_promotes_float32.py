"""float32 gradients come back as float64."""

import numpy as np
from bnlab_solutions import *

LINE = 44
MISTAKE = "promoted-to-float64"
EXERCISE = "batchnorm_backward"
POINTS = "full"
MESSAGE = (
    "Your results are float64 although the input was float32. They are right, so it costs nothing "
    "here, but they take twice the memory and spread through the network. Look at the dtype of the "
    "arrays that you create."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, D = dout.shape
    dx, dgamma, dbeta = np.zeros((N, D)), np.zeros(D), np.zeros(D)
    dbeta += dout.sum(axis=0)
    dgamma += (dout * x_hat).sum(axis=0)
    dx += gamma * inv_std * (dout - (dbeta + x_hat * dgamma) / N)
    return dx, dgamma, dbeta
