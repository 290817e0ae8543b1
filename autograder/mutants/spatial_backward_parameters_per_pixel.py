"""dgamma and dbeta are summed over the images only and keep a number per pixel."""

from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-not-summed"
EXERCISE = "spatial_batchnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift still have one number per pixel: they are summed over the "
    "images alone. A channel has one scale for all places. Compare the shapes of gradient and "
    "parameter."
)


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dx, _, _ = batchnorm_backward(dout.transpose(0, 2, 3, 1).reshape(-1, C), cache)
    x_hat = cache[0].reshape(N, H, W, C).transpose(0, 3, 1, 2)
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
