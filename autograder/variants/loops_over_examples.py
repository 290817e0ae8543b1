"""Layer norm and group norm with loops over examples and groups."""

import numpy as np
from bnlab_solutions import *


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    rows, cache = [], []
    for row in x:
        std = np.sqrt(np.var(row) + eps)
        normal = (row - np.mean(row)) / std
        rows.append(gamma * normal + beta)
        cache.append((normal, std, gamma))
    return np.stack(rows), cache


def layernorm_backward(dout, cache):
    dx = np.zeros(dout.shape)
    dgamma, dbeta = np.zeros(dout.shape[1]), np.zeros(dout.shape[1])
    for i, (normal, std, gamma) in enumerate(cache):
        g = dout[i] * gamma
        dx[i] = (g - g.mean() - normal * (g * normal).mean()) / std
        dgamma += dout[i] * normal
        dbeta += dout[i]
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, _, _ = x.shape
    eps, size = gn_param.get("eps", 1e-5), C // G
    if size * G < C:
        raise ValueError(f"{C} channels do not make {G} groups")
    x_hat, stds = np.zeros(x.shape), {}
    for n in range(N):
        for g in range(G):
            here = (n, slice(g * size, (g + 1) * size))
            stds[n, g] = np.sqrt(x[here].var() + eps)
            x_hat[here] = (x[here] - x[here].mean()) / stds[n, g]
    return x_hat * gamma + beta, (x_hat, stds, gamma, G)


def spatial_groupnorm_backward(dout, cache):
    x_hat, stds, gamma, G = cache
    size = dout.shape[1] // G
    dx = np.zeros(dout.shape)
    for (n, g), std in stds.items():
        here = (n, slice(g * size, (g + 1) * size))
        d, xh = dout[here] * gamma[0, here[1]], x_hat[here]
        dx[here] = (d - d.mean() - xh * (d * xh).mean()) / std
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    return dx, dgamma, dout.sum(axis=(0, 2, 3), keepdims=True)
