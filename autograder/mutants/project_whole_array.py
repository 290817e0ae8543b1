"""Projects the whole array instead of each feature."""

from bnlab_solutions import *

LINE = 7
MISTAKE = "global-statistics"
EXERCISE = "project_out"
MESSAGE = (
    "You treat the whole batch as one long vector and remove two directions in all. Every feature has "
    "its own two. Look at over which axis your inner products run."
)


def project_out(dout, xhat):
    rest = dout - dout.mean()
    return rest - xhat * (rest * xhat).sum() / (xhat * xhat).sum()
