"""Every finite p but 1 is taken for 2."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "any-p-is-two"
EXERCISE = "lp_normalize"
MESSAGE = (
    "You know the orders 1, 2 and ∞, and take any other p for 2. The formula holds for every p; try three."
)


def lp_normalize(x, p):
    norm = (
        np.abs(x).max(axis=0)
        if p == np.inf
        else np.abs(x).mean(axis=0)
        if p == 1
        else np.sqrt((x**2).mean(axis=0))
    )
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
