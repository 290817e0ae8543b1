"""p = ∞ goes through the formula for finite p."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "infinity-in-the-formula"
EXERCISE = "lp_normalize"
MESSAGE = (
    "For infinite p you evaluate the formula as it stands, with an infinite power and a zeroth root. "
    "Ask what the norm tends to when p grows."
)


def lp_normalize(x, p):
    norm = (np.abs(x) ** p).mean(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)
