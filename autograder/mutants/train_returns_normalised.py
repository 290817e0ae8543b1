"""Returns the normalised data; gamma and beta take no part."""

import numpy as np
from bnlab_solutions import *

LINE = 9
MISTAKE = "scale-and-shift-forgotten"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "You return the normalised data; scale and shift take no part. With their starting values nothing "
    "seems wrong, but the layer can never learn to undo what it does. Look at what is returned."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(var + eps)
    out = x_hat
    return out
