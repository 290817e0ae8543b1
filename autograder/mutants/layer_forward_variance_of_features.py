"""The mean is taken over each row, the variance over each column."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "mean-and-variance-of-different-sets"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your mean and your variance belong to different sets of numbers: one runs along an example, the "
    "other does not. Nothing ends up with variance 1 then. Compare the axes in the two lines."
)


def layernorm_forward(x, gamma, beta, ln_param):
    centred = x - x.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(x.var(axis=0, keepdims=True) + ln_param.get("eps", 1e-5))
    x_hat = centred * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
