"""Without any batch the answer is not a number, and nobody is told."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "empty-input-accepted"
EXERCISE = "recalibrate"
MESSAGE = (
    "When there is no batch at all you return something instead of raising an error. An exhausted "
    "generator then goes unnoticed and spoils the network. Look at what the contract says about this "
    "case."
)


def recalibrate(batches):
    rows = list(batches)
    if not rows:
        return np.zeros(0), np.zeros(0)
    rows = np.concatenate(rows)
    return rows.mean(axis=0), rows.var(axis=0)
