"""All entries move at once, and f is taken to act entry by entry."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "all-entries-moved"
EXERCISE = "numerical_gradient"
MESSAGE = (
    "You move all entries of the input together. That only works for a function in which every output "
    "depends on its own input alone; a mean or a matrix product mixes them. Look at how many entries "
    "may change per evaluation."
)


def numerical_gradient(f, x, dout, h=1e-5):
    if np.shape(dout) != np.shape(f(x)):
        raise ValueError("dout should have the shape of f(x)")
    return (f(x + h) - f(x - h)) * dout / (2 * h)
