"""alt hands everything to the step-by-step version."""

from bnlab_solutions import *

LINE = 46
MISTAKE = "alternative-calls-plain"
EXERCISE = "batchnorm_backward_alt"
POINTS = "full"
MESSAGE = (
    "Your alternative calls the step-by-step version, so it is right but no faster, and you have not "
    "derived the short form. It costs nothing here. Try whether the many nodes collapse into one "
    "line."
)


def batchnorm_backward_alt(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma, dbeta
