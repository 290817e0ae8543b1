"""Divides by the variance instead of the standard deviation."""

from bnlab_solutions import *

LINE = 5
MISTAKE = "divided-by-variance"
EXERCISE = "standardize"
MESSAGE = (
    "You divide by the variance where its square root is meant. With a variance near one nobody "
    "notices; data on another scale come out on the wrong one. Check the units: what has the same "
    "unit as the data?"
)


def standardize(x, axis):
    mu = x.mean(axis=axis, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=axis, keepdims=True)
    var[var == 0] = 1
    return (x - mu) / var
