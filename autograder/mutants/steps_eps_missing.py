"""The root of the variance is taken again, without eps."""

import numpy as np
from bnlab_solutions import *

LINE = 40
MISTAKE = "eps-missing-in-gradient"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "At the node of the root you divide by a root without eps, but the forward pass took the root "
    "with it. With the customary eps nobody notices; a large one shows it. Look at which stored node "
    "you need there."
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
    d["dvar"] = 0.5 * d["dstd"] / np.sqrt(steps["var"])
    d["dsq"] = np.ones_like(dout) * d["dvar"] / N
    d["dxmu"] = d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"]
    d["dmu"] = -d["dxmu"].sum(axis=0)
    d["dx"] = d["dxmu"] + d["dmu"] / N
    return d
