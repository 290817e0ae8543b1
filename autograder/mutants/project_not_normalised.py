"""The inner product with x_hat is not divided by its squared length."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "direction-not-normalised"
EXERCISE = "project_out"
MESSAGE = (
    "The component along a direction needs that direction's squared length, and yours does not take "
    "it into account, so far too much is subtracted. Apply your function twice: the second time "
    "nothing should change."
)


def project_out(dout, xhat):
    centred = dout - dout.mean(axis=0)
    return centred - xhat * np.sum(centred * xhat, axis=0)
