"""The mean over the squares passes its whole gradient to every example."""

import numpy as np
from bnlab_solutions import *

LINE = 42
MISTAKE = "batch-size-factor"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "The batch size is lost where the gradient passes a mean: an average passes only its share back "
    "to each example. Look for every mean of the forward pass and what it does to a gradient."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N = dout.shape[0]
    d = {
        "dout": dout,
        "dscaled": dout,
        "dbeta": dout.sum(axis=0),
        "dgamma": (dout * steps["xhat"]).sum(axis=0),
    }
    d["dxhat"] = d["dscaled"] * gamma
    d["dinv_std"] = (d["dxhat"] * steps["xmu"]).sum(axis=0)
    d["dstd"] = -d["dinv_std"] / steps["std"] ** 2
    d["dvar"] = 0.5 * d["dstd"] / steps["std"]
    d["dsq"] = np.ones_like(dout) * d["dvar"]
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = -d["dxmu"].sum(axis=0)
    d["dx"] = d["dxmu"] + d["dmu"] / N
    return d
