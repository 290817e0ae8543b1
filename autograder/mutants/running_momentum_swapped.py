"""momentum weighs the new sample instead of the old average."""

from bnlab_solutions import *

LINE = 15
MISTAKE = "momentum-swapped"
EXERCISE = "update_running"
MESSAGE = (
    "The two weights of your running average have changed places: the momentum weighs the new sample. "
    "With 0.9 the average then forgets almost everything at each step, and follows the last batch. "
    "Look at which term dominates for a momentum near one."
)


def update_running(running, sample, momentum):
    return (1 - momentum) * running + momentum * sample
