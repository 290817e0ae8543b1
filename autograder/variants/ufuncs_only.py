"""Written with np.subtract, np.divide, np.power and np.reciprocal instead of operators."""

import numpy as np
from bnlab_solutions import *


def batchnorm_train(x, gamma, beta, eps):
    mu = np.divide(np.add.reduce(x, axis=0), x.shape[0])
    xmu = np.subtract(x, mu)
    var = np.divide(np.add.reduce(np.power(xmu, 2), axis=0), x.shape[0])
    inv_std = np.reciprocal(np.sqrt(np.add(var, eps)))
    return np.add(np.multiply(gamma, np.multiply(xmu, inv_std)), beta)


def batchnorm_backward_steps(dout, steps, gamma):
    n = np.reciprocal(float(dout.shape[0]))
    dscaled = np.copy(dout)
    dxhat = np.multiply(dscaled, gamma)
    dinv_std = np.add.reduce(np.multiply(dxhat, steps["xmu"]), axis=0)
    dstd = np.negative(np.multiply(dinv_std, np.power(steps["std"], -2.0)))
    dvar = np.multiply(dstd, np.divide(0.5, steps["std"]))
    dsq = np.broadcast_to(np.multiply(dvar, n), dout.shape)
    dxmu = np.add(np.multiply(dxhat, steps["inv_std"]), np.multiply(np.multiply(2, steps["xmu"]), dsq))
    dmu = np.negative(np.add.reduce(dxmu, axis=0))
    names = (
        "dout",
        "dscaled",
        "dxhat",
        "dinv_std",
        "dstd",
        "dvar",
        "dsq",
        "dxmu",
        "dmu",
        "dx",
        "dgamma",
        "dbeta",
    )
    values = (dout, dscaled, dxhat, dinv_std, dstd, dvar, dsq, dxmu, dmu)
    last = (np.add(dxmu, np.multiply(dmu, n)), np.add.reduce(dout * steps["xhat"]), np.add.reduce(dout))
    return dict(zip(names, values + last, strict=True))


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return np.multiply(dout, np.multiply(gamma, np.power(np.add(running_var, eps), -0.5)))


def update_running(running, sample, momentum):
    return np.add(np.multiply(running, momentum), np.multiply(sample, np.subtract(1, momentum)))


def relative_error(a, b):
    if np.not_equal(np.ndim(a), np.ndim(b)) or np.any(np.not_equal(np.shape(a), np.shape(b))):
        raise ValueError("a and b differ in shape")
    largest = np.maximum(np.max(np.absolute(a)), np.max(np.absolute(b)))
    return np.divide(np.max(np.absolute(np.subtract(a, b))), largest) if np.greater(largest, 0) else 0.0
