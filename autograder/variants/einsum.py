"""Every sum and product is an einsum."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    N = len(x)
    mean = np.einsum("nd->d", x) / N
    c = x - mean
    return mean, np.einsum("nd,nd->d", c, c) / N


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    return np.einsum("nd,d,d->nd", x - mean, 1 / np.sqrt(var + eps), gamma) + beta


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N = len(dout)
    dbeta = np.einsum("nd->d", dout)
    dgamma = np.einsum("nd,nd->d", dout, x_hat)
    dx = np.einsum("nd,d,d->nd", dout - dbeta / N - np.einsum("nd,d->nd", x_hat, dgamma) / N, gamma, inv_std)
    return dx, dgamma, dbeta


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return np.einsum("nd,d,d->nd", dout, gamma, (running_var + eps) ** -0.5)


def project_out(dout, xhat):
    N = dout.shape[0]
    rest = dout - np.einsum("nd->d", dout) / N
    length = np.einsum("nd,nd->d", xhat, xhat)
    share = np.divide(np.einsum("nd,nd->d", rest, xhat), length, out=np.zeros_like(length), where=length > 0)
    return rest - np.einsum("nd,d->nd", xhat, share)


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    D = dout.shape[1]
    g = np.einsum("nd,d->nd", dout, gamma)
    s1, s2 = np.einsum("nd->n", g)[:, None] / D, np.einsum("nd,nd->n", g, x_hat)[:, None] / D
    return inv_std * (g - s1 - x_hat * s2), np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = gamma * (var + eps) ** -0.5
    return np.einsum("io,o->io", W, s), np.einsum("o,o->o", b - mean, s) + beta
