"""The step goes away from the sample: running + (1 - momentum) * (running - sample)."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "average-moves-away"
EXERCISE = "update_running"
MESSAGE = (
    "Your average moves away from the new value instead of towards it. The form with a difference is "
    "fine; look at which of the two is subtracted from which."
)


def update_running(running, sample, momentum):
    running, sample = np.asarray(running), np.asarray(sample)
    return running + (1 - momentum) * (running - sample)
