"""Only the component along x_hat is removed."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "direction-left-over"
EXERCISE = "project_out"
MESSAGE = (
    "One of the two directions is still in your result. Multiply the result with each of them and sum "
    "over the batch: both sums should be zero in every feature."
)


def project_out(dout, xhat):
    norm2 = (xhat**2).sum(axis=0)
    norm2 = np.where(norm2 > 0, norm2, 1)
    return dout - xhat * (dout * xhat).sum(axis=0) / norm2
