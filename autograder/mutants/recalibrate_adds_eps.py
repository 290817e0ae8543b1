"""A small number joins the variance."""

import numpy as np
from bnlab_solutions import *

LINE = 29
MISTAKE = "eps-in-running-variance"
EXERCISE = "recalibrate"
MESSAGE = (
    "A small constant has joined your variance. Test mode adds its own eps to what it finds in the "
    "buffer. Look at what the contract asks for: the plain variance of all rows."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    rows = np.concatenate(list(batches))
    return rows.mean(axis=0), rows.var(axis=0) + 1e-5
