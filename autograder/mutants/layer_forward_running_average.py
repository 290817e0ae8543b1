"""Normalises with running averages of the statistics per example, carried over from call to call."""

import numpy as np
from bnlab_solutions import *

LINE = 65
MISTAKE = "layer-norm-with-modes"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your layer normalisation carries statistics over from one call to the next. Each example is "
    "normalised by itself, so the second call must give the same result as the first. Look at what "
    "your result depends on besides the example."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps, momentum = ln_param.get("eps", 1e-5), ln_param.get("momentum", 0.9)
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    if "running_mean" in ln_param:
        mean = momentum * ln_param["running_mean"] + (1 - momentum) * mean
        var = momentum * ln_param["running_var"] + (1 - momentum) * var
    ln_param["running_mean"], ln_param["running_var"] = mean, var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
