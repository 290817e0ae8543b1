"""Sums of squares are collected, and the square of the mean is subtracted at the end."""

from bnlab_solutions import *

LINE = 11
MISTAKE = "catastrophic-cancellation"
EXERCISE = "recalibrate"
MESSAGE = (
    "Your variance is a difference of two large, nearly equal numbers. For data far from zero most "
    "digits cancel, and the variance comes out badly wrong. Add a large constant to every batch: the "
    "variance should not change."
)


def recalibrate(batches):
    batches = list(batches)
    if len({batch.shape[1:] for batch in batches}) != 1:
        raise ValueError("no batches, or batches that do not fit")
    n, s1, s2 = 0, 0, 0
    for x in batches:
        n += x.shape[0]
        s1 = s1 + x.sum(axis=0)
        s2 = s2 + (x**2).sum(axis=0)
    mean = s1 / n
    return mean, s2 / n - mean**2
