"""The graph is followed back to xhat only; the rest is left at zero."""

import numpy as np
from bnlab_solutions import *

LINE = 50
MISTAKE = "input-gradient-unfinished"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "You have followed the graph back only part of the way; the remaining nodes and the input "
    "gradient are still zero. Continue node by node in the order of the graph reversed."
)


def batchnorm_backward_steps(dout, steps, gamma):
    d = {"d" + name: np.zeros_like(value) for name, value in steps.items()}
    d["dout"] = dout
    d["dscaled"] = dout
    d["dbeta"] = dout.sum(axis=0)
    d["dgamma"] = np.sum(dout * steps["xhat"], axis=0)
    d["dxhat"] = dout * gamma
    d["dx"] = np.zeros_like(dout)
    return d
