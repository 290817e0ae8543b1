"""A missing parenthesis: only the mean is divided by the standard deviation."""

from bnlab_solutions import *

LINE = None
MISTAKE = "misplaced-parenthesis"
EXERCISE = "standardize"
MESSAGE = (
    "A parenthesis is missing or misplaced: the division applies to the mean alone, not to the "
    "centred data. The spread of the data stays as it was. Read the expression in the order in which "
    "Python evaluates it."
)


def standardize(x, axis):
    m = x.mean(axis=axis, keepdims=True)
    s = x.std(axis=axis, keepdims=True)
    s[s == 0] = 1
    return x - m / s
