"""The gradient passes the scaling node without being multiplied by gamma."""

import numpy as np
from bnlab_solutions import *

LINE = 39
MISTAKE = "gamma-missing-in-dx"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "The gradient passes the node of the scale as if nothing happened there. With a scale of one "
    "every check passes. Look at what the normalised data are multiplied by on their way forward."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = len(dout)
    dscaled = dout
    dxhat = dscaled
    dinv_std = np.sum(dxhat * steps["xmu"], 0)
    dstd = -dinv_std * steps["inv_std"] ** 2
    dvar = dstd * 0.5 * steps["inv_std"]
    dsq = np.ones_like(steps["sq"]) * dvar / N
    dxmu = dxhat * steps["inv_std"] + 2 * steps["xmu"] * dsq
    dmu = -np.sum(dxmu, 0)
    d = dict(dout=dout, dscaled=dscaled, dxhat=dxhat, dinv_std=dinv_std, dstd=dstd, dvar=dvar, dsq=dsq)
    d.update(dxmu=dxmu, dmu=dmu, dx=dxmu + dmu / N, dbeta=dout.sum(0), dgamma=(dout * steps["xhat"]).sum(0))
    return d
