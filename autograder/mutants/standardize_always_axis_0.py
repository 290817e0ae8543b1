"""The argument axis is ignored; the statistics always run over axis 0."""

from bnlab_solutions import *

LINE = 7
MISTAKE = "wrong-axis"
EXERCISE = "standardize"
MESSAGE = (
    "The statistics run over the wrong axis: other numbers are averaged together than the task asks "
    "for, so other slices end up with mean 0. Check over which axis each mean runs, and which shape "
    "it has."
)


def standardize(x, axis):
    centred = x - x.mean(axis=0)
    scale = centred.std(axis=0)
    scale[scale == 0] = 1
    return centred / scale
