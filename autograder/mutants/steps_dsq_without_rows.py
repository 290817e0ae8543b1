"""dsq has one row for all examples."""

from bnlab_solutions import *

LINE = None
MISTAKE = "node-shape"
EXERCISE = "batchnorm_backward_steps"
MESSAGE = (
    "One of your gradients has fewer rows than its node. Broadcasting makes up for it in the lines below, "
    "but a gradient says for every entry of its node what that entry does. Compare the shapes node by "
    "node."
)


def batchnorm_backward_steps(dout, steps, gamma):
    grads = {"dout": dout, "dscaled": dout, "dbeta": dout.sum(axis=0)}
    grads["dxhat"] = gamma * dout
    grads["dgamma"] = (dout * steps["xhat"]).sum(axis=0)
    grads["dinv_std"] = (grads["dxhat"] * steps["xmu"]).sum(axis=0)
    grads["dstd"] = -grads["dinv_std"] * steps["inv_std"] ** 2
    grads["dvar"] = grads["dstd"] * steps["inv_std"] / 2
    grads["dsq"] = grads["dvar"] / len(dout)
    grads["dxmu"] = grads["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * grads["dsq"]
    grads["dmu"] = -grads["dxmu"].sum(axis=0)
    grads["dx"] = grads["dxmu"] + grads["dmu"] / len(dout)
    return grads
