"""Projects per example instead of per feature."""

from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "project_out"
MESSAGE = (
    "Your inner products run over the wrong axis: you remove directions within each example, where "
    "each feature should lose its two. Check over which axis each sum runs, and which shape it has."
)


def project_out(dout, xhat):
    rest = dout - dout.mean(axis=1, keepdims=True)
    along = (rest * xhat).sum(axis=1, keepdims=True) / (xhat**2).sum(axis=1, keepdims=True)
    return rest - along * xhat
