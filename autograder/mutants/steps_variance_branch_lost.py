"""The gradient at sq is computed, but does not reach xmu."""

import numpy as np
from bnlab_solutions import *

LINE = 34
MISTAKE = "variance-treated-as-constant"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "You compute the gradients along the path of the variance, but they never reach the centred data. "
    "Part of the input gradient is missing. Look at which nodes the centred data feed."
)


def batchnorm_backward_steps(dout, steps, gamma):
    N, D = dout.shape
    grads = {"dout": dout, "dscaled": dout.copy()}
    grads["dbeta"] = np.sum(dout, axis=0)
    grads["dgamma"] = np.sum(dout * steps["xhat"], axis=0)
    grads["dxhat"] = dout * gamma
    grads["dinv_std"] = np.sum(grads["dxhat"] * steps["xmu"], axis=0)
    grads["dstd"] = -grads["dinv_std"] / steps["std"] ** 2
    grads["dvar"] = 0.5 * grads["dstd"] / steps["std"]
    grads["dsq"] = np.ones((N, D)) / N * grads["dvar"]
    grads["dxmu"] = grads["dxhat"] * steps["inv_std"]
    grads["dmu"] = -np.sum(grads["dxmu"], axis=0)
    grads["dx"] = grads["dxmu"] + grads["dmu"] / N
    return grads
