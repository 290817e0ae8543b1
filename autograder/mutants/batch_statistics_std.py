"""Returns the standard deviation where the variance is asked for."""

from bnlab_solutions import *

LINE = 20
MISTAKE = "std-for-variance"
EXERCISE = "batch_statistics"
MESSAGE = (
    "You hand on a standard deviation where a variance is expected. With a spread near one the two "
    "look alike; later code takes the root once more, or averages the wrong quantity. Check which of "
    "the two each name stands for."
)


def batch_statistics(x):
    return x.mean(axis=0), x.std(axis=0)
