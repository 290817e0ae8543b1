"""One mean and one standard deviation for the whole array."""

import numpy as np
from bnlab_solutions import *

LINE = 7
MISTAKE = "global-statistics"
EXERCISE = "standardize"
MESSAGE = (
    "One single mean and one single standard deviation are used for everything. Then no slice on its "
    "own has mean 0, and a feature with large numbers drowns the others. Look at how many means there "
    "should be."
)


def standardize(x, axis):
    if x.std() == 0:
        return np.zeros_like(x)
    return (x - x.mean()) / x.std()
