"""The share along xhat is divided by its length, not by the square of it."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "length-not-squared"
EXERCISE = "project_out"
MESSAGE = (
    "You divide the share along the direction by its length once, but the direction itself brings its "
    "length along as well. For directions of length one nobody notices. Work out what remains of a vector "
    "that points along the direction."
)


def project_out(dout, xhat):
    centred = dout - dout.mean(axis=0)
    length = np.sqrt((xhat**2).sum(axis=0))
    share = (xhat * centred).sum(axis=0) / np.where(length == 0, 1, length)
    return centred - xhat * share
