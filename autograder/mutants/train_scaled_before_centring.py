"""gamma multiplies x before the mean is subtracted."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "scale-before-centring"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "The scale acts on the data before their mean is taken away. With a scale of 1, or data around zero, "
    "nobody notices; otherwise every feature keeps an offset. Look at the order of operations, and at "
    "what the scale multiplies."
)


def batchnorm_train(x, gamma, beta, eps):
    mean, var = batch_statistics(x)
    return (gamma * x - mean) / np.sqrt(var + eps) + beta
