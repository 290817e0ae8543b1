"""Centres the caller's array in place."""

from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "batch_statistics"
MESSAGE = (
    "The batch that was handed in has changed after the call. Whoever uses it next gets other "
    "numbers, and the error shows up far away from here. Look for operations that work in place on an "
    "argument."
)


def batch_statistics(x):
    mean = x.mean(axis=0)
    x -= mean
    return mean, (x * x).mean(axis=0)
