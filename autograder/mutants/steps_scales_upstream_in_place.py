"""The upstream gradient is multiplied by gamma in place, after it was used."""

import numpy as np
from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call, and the node of the output "
    "with it. In a network with branches others still need it. Look for operations that work in place "
    "on an argument."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = dout.shape[0]
    d = {"dout": dout, "dscaled": dout.copy(), "dbeta": dout.sum(0), "dgamma": (dout * steps["xhat"]).sum(0)}
    dout *= gamma
    d["dxhat"] = dout
    d["dinv_std"] = (d["dxhat"] * steps["xmu"]).sum(0)
    d["dstd"] = -d["dinv_std"] / steps["std"] ** 2
    d["dvar"] = 0.5 * d["dstd"] / steps["std"]
    d["dsq"] = np.ones_like(dout) * d["dvar"] / N
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = -d["dxmu"].sum(0)
    d["dx"] = d["dxmu"] + d["dmu"] / N
    return d
