"""The running mean is added to the bias instead of subtracted."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "fold-mean-sign"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "The running mean enters your folded bias with the wrong sign. BN takes it away from what the affine "
    "layer puts out, its bias included. Write down what the pair of layers makes of an input of zeros."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    return W * scale, (b + mean) * scale + beta
