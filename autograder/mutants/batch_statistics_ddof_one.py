"""The variance is taken with the divisor N - 1."""

from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "batch_statistics"
MESSAGE = (
    "Your variance divides by one less than the number of examples. The paper and this course divide "
    "by the number of examples, and for small batches the two differ by a lot. Look at the divisor."
)


def batch_statistics(x):
    mean = x.sum(axis=0) / x.shape[0]
    var = ((x - mean) ** 2).sum(axis=0) / (x.shape[0] - 1)
    return mean, var
