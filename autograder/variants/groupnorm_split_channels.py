"""Group norm splits the channels into a list of arrays and concatenates them again; the cache is a list."""

import numpy as np
from bnlab_solutions import *


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    outs, cache = [], []
    for xg, gg, bg in zip(*(np.split(a, G, axis=1) for a in (x, gamma, beta)), strict=True):
        mu = xg.mean(axis=(1, 2, 3), keepdims=True)
        sigma = np.sqrt(xg.var(axis=(1, 2, 3), keepdims=True) + eps)
        outs.append(gg * (xg - mu) / sigma + bg)
        cache.append(((xg - mu) / sigma, sigma, gg))
    return np.concatenate(outs, axis=1), cache


def spatial_groupnorm_backward(dout, cache):
    parts = []
    for d, (x_hat, sigma, gamma) in zip(np.split(dout, len(cache), axis=1), cache, strict=True):
        g, axes = d * gamma, (1, 2, 3)
        dx = (g - g.mean(axes, keepdims=True) - x_hat * (g * x_hat).mean(axes, keepdims=True)) / sigma
        parts.append((dx, (d * x_hat).sum((0, 2, 3), keepdims=True), d.sum((0, 2, 3), keepdims=True)))
    return tuple(np.concatenate(pieces, axis=1) for pieces in zip(*parts, strict=True))
