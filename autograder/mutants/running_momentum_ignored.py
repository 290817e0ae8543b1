"""The weights are fixed at 0.9 and 0.1."""

from bnlab_solutions import *

LINE = None
MISTAKE = "momentum-ignored"
EXERCISE = "update_running"
MESSAGE = (
    "The momentum that the caller gives is ignored and a fixed one is used. With the customary value "
    "nobody notices. Look at where each argument of the function is used."
)


def update_running(running, sample, momentum):
    return 0.9 * running + 0.1 * sample
