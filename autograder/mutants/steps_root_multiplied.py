"""The derivative of the root multiplies by the root instead of dividing."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "root-node-derivative"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "The node of the root passes on the wrong derivative: a root grows more slowly where it is large. "
    "With a spread near 1 nobody notices. Check that single node numerically for a spread of 10."
)


def batchnorm_backward_steps(dout, steps, gamma):
    xmu, std, inv_std, xhat = steps["xmu"], steps["std"], steps["inv_std"], steps["xhat"]
    N = len(dout)
    dscaled = dout
    dbeta = dout.sum(axis=0)
    dxhat = gamma * dscaled
    dgamma = (dscaled * xhat).sum(axis=0)
    dinv_std = (dxhat * xmu).sum(axis=0)
    dstd = -dinv_std / std**2
    dvar = 0.5 * dstd * std
    dsq = np.ones_like(dout) * dvar / N
    dxmu = dxhat * inv_std + 2 * xmu * dsq
    dmu = -dxmu.sum(axis=0)
    dx = dxmu + dmu / N
    return {
        "dout": dout,
        "dscaled": dscaled,
        "dbeta": dbeta,
        "dxhat": dxhat,
        "dgamma": dgamma,
        "dinv_std": dinv_std,
        "dstd": dstd,
        "dvar": dvar,
        "dsq": dsq,
        "dxmu": dxmu,
        "dmu": dmu,
        "dx": dx,
    }
