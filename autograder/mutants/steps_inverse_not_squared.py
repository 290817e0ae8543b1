"""The derivative of 1/std is taken as -1/std."""

import numpy as np
from bnlab_solutions import *

LINE = 41
MISTAKE = "inverse-node-derivative"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "The gradient through the node that inverts the standard deviation has the wrong power. With a "
    "spread near one nobody notices. Differentiate that single node on its own, and check it "
    "numerically."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = dout.shape[0]
    d = {"dout": dout, "dscaled": dout}
    d["dbeta"] = dout.sum(axis=0)
    d["dgamma"] = (dout * steps["xhat"]).sum(axis=0)
    d["dxhat"] = dout * gamma
    d["dinv_std"] = (d["dxhat"] * steps["xmu"]).sum(axis=0)
    d["dstd"] = -1 / steps["std"] * d["dinv_std"]
    d["dvar"] = 0.5 / steps["std"] * d["dstd"]
    d["dsq"] = np.ones_like(dout) / N * d["dvar"]
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = -d["dxmu"].sum(axis=0)
    d["dx"] = d["dxmu"] + np.ones_like(dout) / N * d["dmu"]
    return d
