"""The sample replaces the average."""

from bnlab_solutions import *

LINE = 28
MISTAKE = "running-overwritten"
EXERCISE = "update_running"
MESSAGE = (
    "The new sample replaces the running average; nothing of the past remains. One odd batch at the "
    "end of training then decides about all predictions. Look at what the old average contributes to "
    "the new one."
)


def update_running(running, sample, momentum):
    running = sample.copy()
    return running
