"""Full mode for reading, graded mode for grading: the same notebook with less training."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def graded() -> bool:
    """True while a notebook is being graded (the environment has ``BNLAB_GRADED=1``)."""
    return os.environ.get("BNLAB_GRADED") == "1"


def pick(full: T, in_graded_mode: T) -> T:
    """Return ``full`` when a person runs the notebook, the smaller setting when the grader does.

    >>> steps = pick(2000, 50)
    """
    return in_graded_mode if graded() else full
