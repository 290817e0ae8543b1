"""A running average with momentum 0.9, starting at the first batch."""

from bnlab_solutions import *

LINE = None
MISTAKE = "recalibrated-by-momentum"
EXERCISE = "recalibrate"
MESSAGE = (
    "You follow the batches with a running average. It remembers the last batches best and is only an "
    "approximation; here the exact statistics of all rows are asked for. Exchange the order of the "
    "batches: should the result change?"
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    mean = var = None
    for x in batches:
        m, v = batch_statistics(x)
        mean = m if mean is None else update_running(mean, m, 0.9)
        var = v if var is None else update_running(var, v, 0.9)
    return mean, var
