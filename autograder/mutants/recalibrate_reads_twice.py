"""Walks through the batches twice; a generator is empty the second time."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "iterable-read-twice"
EXERCISE = "recalibrate"
MESSAGE = (
    "You walk through the batches twice. A generator delivers them only once and is empty the second "
    "time, so the variance misses everything. Think about what can be carried along in a single pass."
)


def recalibrate(batches):
    count, total = 0, 0
    for x in batches:
        count += len(x)
        total = total + x.sum(axis=0)
    mean = total / count
    squares = np.zeros_like(mean)
    for x in batches:
        squares += ((x - mean) ** 2).sum(axis=0)
    return mean, squares / count
