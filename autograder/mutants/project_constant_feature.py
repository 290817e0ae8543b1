"""A constant feature has x_hat = 0, and its component is 0 / 0."""

from bnlab_solutions import *

LINE = None
MISTAKE = "zero-over-zero"
EXERCISE = "project_out"
MESSAGE = (
    "Zero is divided by zero, and the result is not a number. The normalised data of a constant "
    "feature are zero and point nowhere, so there is nothing to remove along them. Think about the "
    "input for which your divisor becomes zero."
)


def project_out(dout, xhat):
    centred = dout - dout.mean(axis=0)
    return centred - xhat * (centred * xhat).sum(axis=0) / (xhat**2).sum(axis=0)
