"""What reaches xmu through its square overwrites what came from xhat."""

import numpy as np
from bnlab_solutions import *

LINE = 36
MISTAKE = "branch-overwritten"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "A node of your graph feeds two branches, and the gradient of the second overwrites that of the "
    "first. Gradients that arrive at the same node have to be combined. Look for the node with two "
    "arrows that leave it."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = dout.shape[0]
    dscaled = dout
    dgamma, dbeta = (dscaled * steps["xhat"]).sum(axis=0), dout.sum(axis=0)
    dxhat = dscaled * gamma
    dxmu = dxhat * steps["inv_std"]
    dinv_std = (dxhat * steps["xmu"]).sum(axis=0)
    dstd = -dinv_std / steps["std"] ** 2
    dvar = dstd / (2 * steps["std"])
    dsq = np.ones_like(dout) * dvar / N
    dxmu = 2 * steps["xmu"] * dsq
    dmu = -dxmu.sum(axis=0)
    dx = dxmu + dmu / N
    return {
        "dout": dout, "dscaled": dscaled, "dxhat": dxhat, "dinv_std": dinv_std, "dstd": dstd, "dvar": dvar,
        "dsq": dsq, "dxmu": dxmu, "dmu": dmu, "dx": dx, "dgamma": dgamma, "dbeta": dbeta,
    }  # fmt: skip
