"""Layer norm turns the batch around and goes through batch norm with neutral parameters."""

import numpy as np
from bnlab_solutions import *


def layernorm_forward(x, gamma, beta, ln_param):
    N = x.shape[0]
    bn_param = {"mode": "train", "eps": ln_param.get("eps", 1e-5)}
    normal, cache = batchnorm_forward(x.T, np.ones(N), np.zeros(N), bn_param)
    return gamma * normal.T + beta, (cache, normal.T, gamma)


def layernorm_backward(dout, cache):
    inner, x_hat, gamma = cache
    dx, _, _ = batchnorm_backward((dout * gamma).T, inner)
    return dx.T, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
