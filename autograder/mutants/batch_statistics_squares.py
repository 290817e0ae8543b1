"""Mean of squares minus square of the mean: most digits cancel for data far from zero."""

from bnlab_solutions import *

LINE = 11
MISTAKE = "catastrophic-cancellation"
EXERCISE = "batch_statistics"
MESSAGE = (
    "Your variance is a difference of two large, nearly equal numbers. For data far from zero most "
    "digits cancel, and the variance comes out badly wrong, sometimes negative. Add a million to "
    "every entry: the variance should not change."
)


def batch_statistics(x):
    mean = x.mean(axis=0)
    var = (x**2).mean(axis=0) - mean**2
    return mean, var
