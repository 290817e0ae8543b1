"""dmu is computed, but does not reach dx."""

import numpy as np
from bnlab_solutions import *

LINE = 35
MISTAKE = "mean-treated-as-constant"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "You compute the gradient at the mean, but it never reaches the input. A shift of the whole batch "
    "does not change the output, so each column of the input gradient has to add up to zero; yours "
    "does not. Look at which nodes the input feeds."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = len(dout)
    d = dict(dout=dout, dscaled=dout, dbeta=dout.sum(0), dgamma=(dout * steps["xhat"]).sum(0))
    d["dxhat"] = d["dscaled"] * gamma
    d["dinv_std"] = (d["dxhat"] * steps["xmu"]).sum(0)
    d["dstd"] = -d["dinv_std"] * steps["inv_std"] ** 2
    d["dvar"] = 0.5 * d["dstd"] * steps["inv_std"]
    d["dsq"] = np.tile(d["dvar"] / N, (N, 1))
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = -d["dxmu"].sum(0)
    d["dx"] = d["dxmu"]
    return d
