"""Only the component along 1 is removed."""

from bnlab_solutions import *

LINE = None
MISTAKE = "direction-left-over"
EXERCISE = "project_out"
MESSAGE = (
    "One of the two directions is still in your result. Multiply the result with each of them and sum "
    "over the batch: both sums should be zero in every feature."
)


def project_out(dout, xhat):
    return dout - dout.mean(axis=0)
