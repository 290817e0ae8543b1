"""Spatial BN treats each channel as a batch with one feature, with buffers of its own in a list."""

import numpy as np
from bnlab_solutions import *


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    C = x.shape[1]
    out, caches = np.zeros(x.shape), []
    buffers = {
        k: np.array(bn_param.get(k, np.zeros(C)), dtype=float) for k in ("running_mean", "running_var")
    }
    for c in range(C):
        one = {**bn_param, **{k: v[c : c + 1] for k, v in buffers.items()}}
        y, cache = batchnorm_forward(x[:, c].reshape(-1, 1), gamma[c : c + 1], beta[c : c + 1], one)
        out[:, c] = y.reshape(out[:, c].shape)
        caches.append(cache)
        for k in buffers:
            buffers[k][c] = one[k][0]
    if bn_param["mode"] == "train":
        bn_param.update(buffers)
    return out, caches


def spatial_batchnorm_backward(dout, cache):
    dx, dgamma, dbeta = np.zeros(dout.shape), [], []
    for c, one in enumerate(cache):
        d, dg, db = batchnorm_backward(dout[:, c].reshape(-1, 1), one)
        dx[:, c] = d.reshape(dx[:, c].shape)
        dgamma.append(dg[0])
        dbeta.append(db[0])
    return dx, np.array(dgamma), np.array(dbeta)
