"""recalibrate puts all rows into one array after all; running averages are written as a step towards the
sample.
"""

import numpy as np
from bnlab_solutions import *


def recalibrate(batches):
    rows = np.concatenate([np.atleast_2d(batch) for batch in batches], axis=0)
    return np.average(rows, axis=0), np.var(rows, axis=0)


def update_running(running, sample, momentum):
    return running + (1 - momentum) * (sample - running)
