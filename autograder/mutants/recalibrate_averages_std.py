"""Averages standard deviations and squares the average."""

import numpy as np
from bnlab_solutions import *

LINE = 20
MISTAKE = "std-averaged"
EXERCISE = "recalibrate"
MESSAGE = (
    "You average standard deviations and square the result. The square of an average is not the average "
    "of the squares, and the distance between the batches' means is lost besides. Ask which of the two "
    "quantities can be averaged."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    sizes, means, stds = [], [], []
    for batch in batches:
        sizes.append(len(batch))
        means.append(batch.mean(axis=0))
        stds.append(batch.std(axis=0))
    mean = np.average(means, axis=0, weights=sizes)
    return mean, np.average(stds, axis=0, weights=sizes) ** 2
