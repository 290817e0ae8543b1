"""An answer that wipes what it was handed, so that zero would be right, gains nothing in any exercise."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import bnlab_solutions
import numpy as np
import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.in_process import HiddenCases, run_case
from bnlab_autograder.grading.job import Verdict
from bnlab_autograder.grading.score import score

CASES = HiddenCases(assets().hidden)


def zeros_like(value):
    match value:
        case np.ndarray():
            return np.zeros_like(value)
        case tuple() | list():
            return type(value)(map(zeros_like, value))
        case dict():
            return {key: zeros_like(item) for key, item in value.items()}
        case float():
            return 0.0
    return value


def wipe(value):
    match value:
        case np.ndarray() if value.flags.writeable:
            value[...] = 0
        case tuple() | list():
            for item in value:
                wipe(item)
        case dict():
            for item in value.values():
                wipe(item)


def answer(exercise, *, wiping):
    """Zeros of the right shape, by wiping the arguments or without; of a class, by its passes."""
    right = getattr(bnlab_solutions, exercise)
    if not isinstance(right, type):
        return zeros(right, wiping, first=0)
    passes = {name: zeros(getattr(right, name), wiping, first=1) for name in ("forward", "backward")}
    return type(exercise, (right,), passes)


def zeros(function, wiping, first):
    """``first``: how many arguments are not handed over by a case."""

    def call(*arguments, **named):
        own, given = arguments[:first], arguments[first:]
        value = function(*own, *copy.deepcopy(given), **copy.deepcopy(named))
        if wiping:
            wipe([*given, *named.values()])
        return zeros_like(value)

    return call


def points(exercise, function):
    course = {name: getattr(bnlab_solutions, name) for name in bnlab_solutions.__all__}
    student = SimpleNamespace(**{**course, exercise: function})
    cases = CASES.of(STAGE_OF[exercise].name)[exercise].values()
    verdict = Verdict(cases=[run_case(case, student, 0)[0] for case in cases])
    return score(verdict, (exercise,), CASES.points)[0].points


def is_handed_arrays(exercise):
    """A suite of tests is not: there is nothing to wipe."""
    right = getattr(bnlab_solutions, exercise)
    return not isinstance(right, type) or hasattr(right, "forward")


@pytest.mark.parametrize("exercise", list(filter(is_handed_arrays, CASES.points)))
def test_wiping_gains_nothing(exercise):
    honest = points(exercise, answer(exercise, wiping=False))
    assert points(exercise, answer(exercise, wiping=True)) <= honest
    assert honest < sum(CASES.points[exercise].values())
