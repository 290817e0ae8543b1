"""dgamma and dbeta have shape (1, D)."""

import numpy as np
from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-keep-axis"
EXERCISE = "batchnorm_backward"
POINTS = "full"
MESSAGE = (
    "Your gradients of scale and shift have shape (1, D) where (D,) was expected. It costs nothing "
    "here, but adding them to the parameters would change the parameters' shape as well. Look at how "
    "the reduction treats the axis."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = np.sum(dout, axis=0, keepdims=True)
    dgamma = np.sum(dout * x_hat, axis=0, keepdims=True)
    dx = gamma * inv_std / N * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
