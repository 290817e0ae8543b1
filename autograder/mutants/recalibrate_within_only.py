"""The variances within the batches are averaged; how the batch means scatter is lost."""

from bnlab_solutions import *

LINE = None
MISTAKE = "spread-between-batches-lost"
EXERCISE = "recalibrate"
MESSAGE = (
    "You average the variances of the batches, but the batches also differ in their means, and that "
    "spread is missing. If each batch held one single row, you would get zero. Think about the "
    "distance of a row from the mean of all rows."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    total, mean, var = 0, 0.0, 0.0
    for x in batches:
        n = len(x)
        mean = mean + n * x.mean(axis=0)
        var = var + n * x.var(axis=0)
        total += n
    return mean / total, var / total
