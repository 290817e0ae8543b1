"""The backward passes build the Jacobian matrix of every feature and multiply with it."""

import numpy as np
from bnlab_solutions import *


def _jacobian(x_hat):
    n = len(x_hat)
    return np.eye(n) - np.ones((n, n)) / n - np.outer(x_hat, x_hat) / n


def batchnorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dx = np.stack([_jacobian(xh).T @ d for xh, d in zip(x_hat.T, dout.T, strict=True)], axis=1)
    return dx * gamma * inv_std, np.diag(dout.T @ x_hat), np.ones(len(dout)) @ dout


def layernorm_backward(dout, cache):
    x_hat, gamma, inv_std = cache
    dx = np.stack([_jacobian(xh) @ d for xh, d in zip(x_hat, dout * gamma, strict=True)])
    return dx * inv_std, np.diag(dout.T @ x_hat), np.ones(len(dout)) @ dout


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return dout @ np.diag(gamma / np.sqrt(running_var + eps))


def project_out(dout, xhat):
    rest = []
    for d, direction in zip(dout.T, xhat.T, strict=True):
        basis = np.stack([np.ones_like(d), direction], axis=1)
        rest.append(d - basis @ np.linalg.lstsq(basis, d, rcond=None)[0])
    return np.stack(rest, axis=1)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    scale = np.diag(gamma / np.sqrt(var + eps))
    return W @ scale, (b - mean) @ scale + beta
