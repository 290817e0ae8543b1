"""The old average keeps its full weight, so the sum grows without end."""

from bnlab_solutions import *

LINE = None
MISTAKE = "running-accumulates"
EXERCISE = "update_running"
MESSAGE = (
    "The old average keeps its full weight and the sample comes on top, so your running value grows "
    "with every step. Feed the same sample again and again: where should the average settle?"
)


def update_running(running, sample, momentum):
    return running + (1 - momentum) * sample
