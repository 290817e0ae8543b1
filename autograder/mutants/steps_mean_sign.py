"""The gradient at the mean has the wrong sign."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "sign-of-mean-path"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "One path of your input gradient enters with the wrong sign: the one through the mean. The mean "
    "is subtracted on the way forward. Shift the whole batch by a constant and ask what the output "
    "does."
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
    d["dsq"] = np.ones_like(dout) * d["dvar"] / N
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = d["dxmu"].sum(axis=0)
    d["dx"] = d["dxmu"] + d["dmu"] / N
    return d
