"""Everything is transposed and treated as in BN; dgamma and dbeta come out per example."""

import numpy as np
from bnlab_solutions import *

LINE = 64
MISTAKE = "parameter-gradients-over-wrong-axis"
EXERCISE = "layernorm_backward"
MESSAGE = (
    "Your gradients of scale and shift are summed over the features and have one number per example. "
    "Turning everything around for the backward pass of batch normalisation turns these two around as "
    "well. Compare the shapes of gradient and parameter."
)


def layernorm_forward(x, gamma, beta, ln_param):
    mean, var = batch_statistics(x.T)
    inv_std = 1 / np.sqrt(var + ln_param.get("eps", 1e-5))
    x_hat = (x.T - mean) * inv_std
    return gamma * x_hat.T + beta, (x_hat, gamma, inv_std)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dx_hat, dout = (dout * gamma).T, dout.T
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dx.T, dgamma, dbeta
