"""Only the last batch counts."""

from bnlab_solutions import *

LINE = 28
MISTAKE = "running-overwritten"
EXERCISE = "recalibrate"
MESSAGE = (
    "Each batch overwrites what came before, so your result describes the last batch alone. Look at "
    "what your variables hold when the loop begins its next round."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    for batch in batches:
        mean, var = batch_statistics(batch)
    return mean, var
