"""dgamma and dbeta keep one row per example."""

import numpy as np
from bnlab_solutions import *

LINE = 37
MISTAKE = "parameter-gradients-not-summed"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "Your gradients of scale and shift still have one row per example. Each of these parameters acts "
    "on the whole batch, and its gradient has the shape of the parameter. Compare the shapes."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = len(dout)
    d = {"dout": dout, "dscaled": dout, "dbeta": dout, "dgamma": dout * steps["xhat"], "dxhat": dout * gamma}
    d["dinv_std"] = (d["dxhat"] * steps["xmu"]).sum(axis=0)
    d["dstd"] = -d["dinv_std"] / steps["std"] ** 2
    d["dvar"] = 0.5 * d["dstd"] / steps["std"]
    d["dsq"] = np.ones_like(dout) * d["dvar"] / N
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = -d["dxmu"].sum(axis=0)
    d["dx"] = d["dxmu"] + d["dmu"] / N
    return d
