"""A loop over examples takes gamma and beta by the example's index."""

import numpy as np
from bnlab_solutions import *

LINE = 8
MISTAKE = "gamma-per-example"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "Your scale and shift are picked by example, but they belong to features: one number for each "
    "column. A new batch of another size would need other parameters. Look at what the index of your "
    "loop runs over."
)


def batchnorm_train(x, gamma, beta, eps):
    N, D = x.shape
    mean, var = batch_statistics(x)
    out = np.empty((N, D))
    for i in range(N):
        out[i] = gamma[i] * (x[i] - mean) / np.sqrt(var + eps) + beta[i]
    return out
