"""Keeps running statistics and uses them in a test mode."""

import numpy as np
from bnlab_solutions import *

LINE = 65
MISTAKE = "layer-norm-with-modes"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your layer normalisation keeps running statistics and has a test mode. Each example is "
    "normalised by itself, so training and testing are the same and there is nothing to remember. "
    "Look at what your result depends on besides the example."
)


def layernorm_forward(x, gamma, beta, ln_param):
    mode, eps, momentum = (
        ln_param.get("mode", "train"),
        ln_param.get("eps", 1e-5),
        ln_param.get("momentum", 0.9),
    )
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    running_mean, running_var = ln_param.get("running_mean", 0.0), ln_param.get("running_var", 0.0)
    if mode == "train":
        ln_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean.mean()
        ln_param["running_var"] = momentum * running_var + (1 - momentum) * var.mean()
    else:
        mean, var = running_mean, np.full_like(var, running_var)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
