"""Exercises that take or are objects, for callers that have plain data only.

Networks, generators and classes do not cross from the judge to student code. The harness of such an exercise
(``bnlab.checks.exercise.Exercise``) builds them where the function is
at home: here, or in the process of the student.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import bnlab.checks  # noqa: F401  (fills CONTRACTS)
from bnlab.checks.exercise import CONTRACTS

from bnlab_autograder.sandbox import RemoteName, imported


class AtHome:
    """A course whose exercises are called with plain data, all of them."""

    def __init__(self, course: object):
        self._course = course

    def __getattr__(self, name: str) -> Any:
        return at_home(getattr(self._course, name), name)


def at_home(function: Any, name: str) -> Any:
    """The exercise ``name`` behind its harness, or ``function`` as it is where there is none."""
    contract = CONTRACTS.get(name)
    if contract is None or contract.harness is None:
        return function
    return partial(_beside(function, contract.harness), function)


def as_written(course: object) -> object:
    """The course that ``AtHome`` stands before."""
    return course._course if isinstance(course, AtHome) else course


def _beside(function: Any, harness: Callable) -> Callable:
    if isinstance(function, RemoteName):
        return imported(function, harness.__module__, harness.__qualname__)
    return harness
