"""Divides by the variance."""

from bnlab_solutions import *

LINE = 41
MISTAKE = "inverse-variance"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "Your input gradient is divided by the variance where the standard deviation is meant. With a "
    "variance near one nobody notices. Compare with what test mode divides by in the forward pass."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return gamma / (running_var + eps) * dout
