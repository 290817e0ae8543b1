"""Statistics per feature: batch normalisation by accident."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "The statistics run over the wrong axis: each feature is normalised over the batch, which is "
    "batch normalisation. An example's output then depends on its batch-mates. Look at which numbers "
    "should end up with mean 0: a row or a column?"
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean, var = batch_statistics(x)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
