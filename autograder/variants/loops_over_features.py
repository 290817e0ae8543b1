"""Python loops over features, with scalars inside."""

import numpy as np
from bnlab_solutions import *


def batch_statistics(x):
    N, D = x.shape
    mean, var = [], []
    for j in range(D):
        m = 0.0
        for i in range(N):
            m += x[i, j] / N
        v = 0.0
        for i in range(N):
            v += (x[i, j] - m) ** 2 / N
        mean.append(m)
        var.append(v)
    return np.array(mean), np.array(var)


def batchnorm_train(x, gamma, beta, eps):
    out = np.zeros(x.shape)
    for j in range(x.shape[1]):
        column = x[:, j]
        mu = column.mean()
        sigma2 = ((column - mu) ** 2).mean()
        out[:, j] = gamma[j] * (column - mu) / np.sqrt(sigma2 + eps) + beta[j]
    return out


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    N, D = dout.shape
    dx, dgamma, dbeta = np.zeros((N, D)), np.zeros(D), np.zeros(D)
    for j in range(D):
        for i in range(N):
            dbeta[j] += dout[i, j]
            dgamma[j] += dout[i, j] * x_hat[i, j]
        for i in range(N):
            dx[i, j] = gamma[j] * inv_std[j] * (dout[i, j] - dbeta[j] / N - x_hat[i, j] * dgamma[j] / N)
    return dx, dgamma, dbeta


def project_out(dout, xhat):
    rest = np.empty_like(dout)
    for j, (d, direction) in enumerate(zip(dout.T, xhat.T, strict=True)):
        d = d - d.mean()
        if direction @ direction > 0:
            d = d - direction * (direction @ d) / (direction @ direction)
        rest[:, j] = d
    return rest


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    W2, b2 = np.zeros(W.shape), np.zeros(b.shape)
    for k in range(W.shape[1]):
        s = gamma[k] / (var[k] + eps) ** 0.5
        for i in range(W.shape[0]):
            W2[i, k] = W[i, k] * s
        b2[k] = (b[k] - mean[k]) * s + beta[k]
    return W2, b2
