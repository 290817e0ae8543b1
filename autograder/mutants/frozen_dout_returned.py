"""The upstream gradient is passed on unchanged."""

from bnlab_solutions import *

LINE = 50
MISTAKE = "input-gradient-unfinished"
EXERCISE = "batchnorm_backward_test"
MESSAGE = (
    "Your input gradient is the upstream gradient, passed on unchanged, as if the layer did nothing "
    "in test mode. It still scales each feature. Look at what one input is multiplied by on its way "
    "forward."
)


def batchnorm_backward_test(dout, gamma, running_var, eps):
    return dout
