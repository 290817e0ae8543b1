"""Writes the new average into the caller's array."""

from bnlab_solutions import *

LINE = None
MISTAKE = "running-updated-in-place"
EXERCISE = "update_running"
MESSAGE = (
    "Your function writes into the array of the old average instead of returning a new one. Whoever "
    "kept the old average to compare with has lost it. Look for operations that work in place on an "
    "argument."
)


def update_running(running, sample, momentum):
    running *= momentum
    running += (1 - momentum) * sample
    return running
