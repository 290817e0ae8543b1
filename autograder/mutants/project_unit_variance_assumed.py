"""The squared length of x_hat is taken to be N."""

from bnlab_solutions import *

LINE = None
MISTAKE = "unit-variance-assumed"
EXERCISE = "project_out"
MESSAGE = (
    "You take the squared length of the normalised data to be the batch size. That is only so for eps "
    "equal to zero; with a large eps they are shorter, and part of the direction stays behind. "
    "Measure the length instead of assuming it."
)


def project_out(dout, xhat):
    N = dout.shape[0]
    return dout - dout.mean(axis=0) - xhat * (dout * xhat).sum(axis=0) / N
