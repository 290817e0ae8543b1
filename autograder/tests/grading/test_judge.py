"""A real judge on hidden cases written for these tests."""

from __future__ import annotations

import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.grading.job import Cell, Job
from bnlab_autograder.grading.judge import Judge, limits_for

CASES = """
import pytest
from bnlab_autograder.grading.cases import case

@pytest.fixture
def doubled(reference, rng):
    return reference.standardize(rng.normal(size=(3, 2)), 0) * 2

@case(topic="plain", says="plain")
def test_standardize__plain(student, reference, rng):
    assert student.twice(2) == 4

@pytest.mark.parametrize("number", [1, 2])
@case(topic="given", says="given")
def test_standardize__given(student, number):
    assert student.twice(number) == 2 * number

@case(topic="own", says="own")
def test_standardize__own_fixture(student, doubled):
    assert student.twice(doubled).shape == (3, 2)

@pytest.mark.skipif(True, reason="not today")
@case(topic="marked", says="marked")
def test_standardize__marked(student):
    assert student.twice(2) == 5

@case(topic="failing", says="failing")
def test_standardize__failing(student):
    pytest.fail("so it is")

@case(topic="state", says="state")
def test_standardize__state_is_forgotten(student):
    assert student.count() == 1
"""

CELL = """
import sys
names = "bnlab.checks", "bnlab.plot" "s.statistics", "mat" "plotlib", "bnlab_solutions"  # drawing is not meant
print([name in sys.modules for name in names])
calls = []
def twice(x): calls.append(x); return 2 * x
def count(): calls.append(0); return len(calls)
standardize = twice
"""


@pytest.fixture(scope="module")
def verdict(tmp_path_factory):
    hidden = tmp_path_factory.mktemp("hidden")
    (hidden / "test_00_warmup.py").write_text(CASES)
    cells = (Cell("a", CELL), Cell("b", "", "standardize"))
    job = Job("00_warmup", cells, {}, b"seed", limits_for(), "here")
    with Judge(hidden, assets().mutants) as judge:
        return judge.judge(job)


def test_cases_pass_or_fail_as_pytest_would_have_them(verdict):
    assert {case.name: case.kind for case in verdict.cases} == {
        "plain": "passed",
        "given[1]": "passed",
        "given[2]": "passed",
        "own_fixture": "passed",
        "marked": "fault",
        "failing": "fault",
        "state_is_forgotten": "passed",
    }


def test_the_course_is_loaded_before_any_submission_comes(verdict):
    assert verdict.cells[0].outputs[0]["text"] == "[True, True, False, False]\n"
