"""functools.reduce, partial and recursion instead of loops."""

from functools import partial, reduce

import numpy as np
from bnlab_solutions import *


def recalibrate(batches):
    def merge(left, right):
        (n, m, s), (k, b, t) = left, right
        total, delta = n + k, b - m
        return total, m + delta * k / total, s + t + delta**2 * n * k / total

    def summary(x):
        return len(x), x.mean(axis=0), len(x) * x.var(axis=0)

    summaries = list(map(summary, batches))
    if len({mean.shape for _, mean, _ in summaries}) != 1:
        raise ValueError("the batches should have the same features, and there should be one")
    n, mean, s = reduce(merge, summaries)
    return mean, s / n


def numerical_gradient(f, x, dout, h=1e-5):
    def loss(flat):
        return np.array(f(flat.reshape(x.shape)), dtype=float)

    if np.shape(dout) != loss(np.ravel(x).astype(float)).shape:
        raise ValueError("dout should have the shape of f(x)")

    def slope(flat, i):
        step = h * (np.arange(flat.size) == i)
        return np.sum((loss(flat + step) - loss(flat - step)) * dout) / (2 * h)

    flat = np.asarray(x, dtype=float).ravel()
    return np.array(list(map(partial(slope, flat), range(flat.size)))).reshape(x.shape)


def batchnorm_backward_steps(dout, steps, gamma):
    rules = {
        "dscaled": lambda d: d["dout"],
        "dbeta": lambda d: d["dout"].sum(axis=0),
        "dgamma": lambda d: (d["dscaled"] * steps["xhat"]).sum(axis=0),
        "dxhat": lambda d: d["dscaled"] * gamma,
        "dinv_std": lambda d: (d["dxhat"] * steps["xmu"]).sum(axis=0),
        "dstd": lambda d: -d["dinv_std"] / steps["std"] ** 2,
        "dvar": lambda d: d["dstd"] / (2 * steps["std"]),
        "dsq": lambda d: np.tile(d["dvar"] / len(dout), (len(dout), 1)),
        "dxmu": lambda d: d["dxhat"] * steps["inv_std"] + d["dsq"] * 2 * steps["xmu"],
        "dmu": lambda d: -d["dxmu"].sum(axis=0),
        "dx": lambda d: d["dxmu"] + d["dmu"] / len(dout),
    }
    return reduce(lambda d, rule: d | {rule[0]: rule[1](d)}, rules.items(), {"dout": dout})


def relative_error(a, b):
    if np.ndim(a) > 1:  # down to one axis
        return relative_error(np.ravel(a), np.ravel(b))
    top = reduce(max, map(abs, [*a, *b]))
    return reduce(max, map(abs, a - b)) / top if top else 0.0
