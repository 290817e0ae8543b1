"""Relative error of Euclidean norms instead of largest entries."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "norms-for-largest-entries"
EXERCISE = "relative_error"
MESSAGE = (
    "You compare lengths of whole arrays. One wrong entry among thousands of right ones hardly moves a "
    "length, so an error in a corner goes unnoticed. Look at what the contract takes from the difference "
    "and from the arrays."
)


def relative_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
    scale = max(np.sqrt((a**2).sum()), np.sqrt((b**2).sum()))
    return float(np.sqrt(((a - b) ** 2).sum()) / scale) if scale != 0 else 0.0
