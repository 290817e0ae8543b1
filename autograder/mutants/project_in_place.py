"""Works in place on the upstream gradient."""

from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "project_out"
MESSAGE = (
    "The upstream gradient that was handed in has changed after the call. In a network with branches "
    "others still need it. Look for operations that work in place on an argument."
)


def project_out(dout, xhat):
    norm2 = (xhat**2).sum(axis=0)
    norm2[norm2 == 0] = 1
    dout -= dout.mean(axis=0)
    dout -= xhat * (dout * xhat).sum(axis=0) / norm2
    return dout
