"""The old bias is carried over unscaled."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "bias-not-scaled"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "The bias of the affine layer arrives in the new one as it was, but BN acts on it too. With a "
    "bias of zero nobody notices. Follow the bias through both layers with pencil and paper."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    s = gamma / np.sqrt(var + eps)
    return s * W, b + beta - s * mean
