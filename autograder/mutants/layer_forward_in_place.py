"""Normalises the caller's batch in place."""

import numpy as np
from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "The batch that was handed in has changed after the call. Whoever uses it next, a residual branch "
    "for instance, gets other numbers. Look for operations that work in place on an argument."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    x -= x.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    x *= inv_std
    return gamma * x + beta, (x.copy(), gamma, inv_std)
