"""The statistics have shape (1, D)."""

from bnlab_solutions import *

LINE = 21
MISTAKE = "kept-dimensions"
EXERCISE = "batch_statistics"
POINTS = "full"
MESSAGE = (
    "Your statistics have shape (1, D) where (D,) was expected. Broadcasting forgives it almost "
    "everywhere, so it costs nothing here, but code that indexes or concatenates them may stumble. "
    "Look at how the reduction treats the axis."
)


def batch_statistics(x):
    return x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)
