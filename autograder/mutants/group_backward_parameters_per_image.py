"""dgamma and dbeta are summed over the pixels only and keep one row per image."""

from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-not-summed"
EXERCISE = "spatial_groupnorm_backward"
MESSAGE = (
    "Your gradients of scale and shift still have one row per image: they are summed over the pixels "
    "alone. These parameters serve all images. Compare the shapes of gradient and parameter."
)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(2, 3), keepdims=True)
    g, xh = (dout * gamma).reshape(N, G, -1), x_hat.reshape(N, G, -1)
    dx = inv_std * (g - g.mean(axis=2, keepdims=True) - xh * (g * xh).mean(axis=2, keepdims=True))
    return dx.reshape(dout.shape), dgamma, dbeta
