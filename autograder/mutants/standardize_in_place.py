"""Works in place and corrupts the caller's array."""

from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "standardize"
MESSAGE = (
    "The array that was handed in has changed after the call. Whoever uses it next gets other "
    "numbers, and the error shows up far away from here. Look for operations that work in place on an "
    "argument."
)


def standardize(x, axis):
    x -= x.mean(axis=axis, keepdims=True)
    s = x.std(axis=axis, keepdims=True)
    s[s == 0] = 1
    x /= s
    return x
