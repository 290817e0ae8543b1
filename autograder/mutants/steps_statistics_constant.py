"""Only the direct path is followed; the gradients of variance and mean stay zero."""

import numpy as np
from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "Your gradient treats mean and variance as if they were fixed numbers, and their nodes stay at "
    "zero. But every example moves both. Follow each arrow of the graph backwards, also those that "
    "lead through the statistics."
)


def batchnorm_backward_steps(dout, steps, gamma):
    d = {"dout": dout, "dscaled": dout}
    d["dbeta"] = dout.sum(axis=0)
    d["dgamma"] = (dout * steps["xhat"]).sum(axis=0)
    d["dxhat"] = dout * gamma
    d["dxmu"] = d["dxhat"] * steps["inv_std"]
    for name in ("inv_std", "std", "var", "mu"):
        d["d" + name] = np.zeros_like(steps[name])
    d["dsq"] = np.zeros_like(dout)
    d["dx"] = d["dxmu"]
    return d
