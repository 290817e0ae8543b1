"""numerical_gradient moves the entries of x itself through nditer and puts each old number back."""

import numpy as np
from bnlab_solutions import *


def numerical_gradient(f, x, dout, h=1e-5):
    if x.dtype != float:
        x = x.astype(float)
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        ix = it.multi_index
        oldval = x[ix]
        x[ix] = oldval + h
        pos = f(x).copy()
        x[ix] = oldval - h
        neg = f(x).copy()
        x[ix] = oldval
        assert_shape(dout, neg)
        grad[ix] = np.sum((pos - neg) * dout) / (2 * h)
        it.iternext()
    return grad


def relative_error(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert_shape(a, b)
    scale = np.max([np.abs(a).max(), np.abs(b).max()])
    return np.float64(0) if scale == 0 else np.max(np.abs(a - b)) / scale


def assert_shape(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("shapes differ!")
