"""dgamma as a matrix product, as for the weights of an affine layer."""

from bnlab_solutions import *

LINE = 38
MISTAKE = "matrix-product-for-gamma"
EXERCISE = "batchnorm_backward"
MESSAGE = (
    "Your gradient of the scale is a matrix product, as for the weights of an affine layer. But the "
    "scale multiplies feature by feature, so no feature meets another one. Compare the shape of your "
    "result with that of the parameter."
)


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = x_hat.T @ dout
    dx_hat = dout * gamma
    dx = inv_std * (dx_hat - dx_hat.sum(0) / N - x_hat * (dx_hat * x_hat).sum(0) / N)
    return dx, dgamma, dbeta
