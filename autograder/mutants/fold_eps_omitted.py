"""eps is left out."""

import numpy as np
from bnlab_solutions import *

LINE = 2
MISTAKE = "eps-omitted"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "Your eps takes no part in the folded layer. The network that was trained had it, and a dead unit "
    "with variance zero makes the folded weights infinite. Look at what happens when a variance is "
    "zero."
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    std = np.sqrt(var)
    W_new = W * (gamma / std)
    b_new = gamma * (b - mean) / std + beta
    return W_new, b_new
