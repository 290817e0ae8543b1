"""A small constant is added to every standard deviation, not only to zero ones."""

from bnlab_solutions import *

LINE = None
MISTAKE = "small-number-added"
EXERCISE = "standardize"
MESSAGE = (
    "A small constant is added to every divisor to avoid a division by zero. It is harmless for "
    "numbers near one, but data of a small scale no longer get standard deviation 1. Try your "
    "function on the same data measured in a unit a million times larger."
)


def standardize(x, axis):
    m, s = x.mean(axis, keepdims=True), x.std(axis, keepdims=True)
    return (x - m) / (s + 1e-8)
