"""Divides by the variance."""

from bnlab_solutions import *

LINE = 5
MISTAKE = "divided-by-variance"
EXERCISE = "fold_batchnorm"
MESSAGE = (
    "You divide by the variance where its square root is meant. With a variance near one nobody "
    "notices. Check the units: what has the same unit as the data?"
)


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    factor = gamma / (var + eps)
    return W * factor, (b - mean) * factor + beta
