"""The hidden cases against the bank: every mutant falls short, everything right passes, a mistake costs once.

``BNLAB_SEEDS=20`` repeats what depends on the seed for that many seeds.
"""

from __future__ import annotations

import os
import re
from functools import cache
from types import SimpleNamespace

import bnlab_solutions
import numpy as np
import pytest
from bnlab_autograder.curriculum import STAGE_OF, Stage
from bnlab_autograder.diagnosis.bank import Entry, load_bank
from bnlab_autograder.grading.cases import Mismatch
from bnlab_autograder.grading.score import GRACE, ExerciseScore

from .in_process import AUTOGRADER, POINTS, WRITTEN, cases_of, judge, lost, run_case

SEEDS = range(int(os.environ.get("BNLAB_SEEDS", "1")))
MUTANTS = {
    name: entry for name, entry in load_bank(AUTOGRADER / "mutants").items() if entry.exercise in POINTS
}
FORWARD = ("00_warmup", "01_forward", "02_train_test")
VARIANTS = load_bank(AUTOGRADER / "variants")
CASES = [case for stage in WRITTEN for cases in cases_of(stage.name).values() for case in cases.values()]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wrong solutions divide by zero

stages = pytest.mark.parametrize("stage", WRITTEN, ids=lambda stage: stage.name)
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
mutants = pytest.mark.parametrize("entry", MUTANTS.values(), ids=MUTANTS)


@cache
def own_score(name: str, seed: int) -> ExerciseScore:
    """What a mutant earns in the exercise in which its mistake is made."""
    exercise = MUTANTS[name].exercise
    return judge(MUTANTS[name], seed, [exercise])[exercise]


@stages
def test_points_add_up_and_belong_to_cases(stage: Stage) -> None:
    tables = {name: POINTS[name] for name in POINTS if STAGE_OF[name] == stage}
    assert {name: set(table) for name, table in tables.items()} == {
        name: set(cases) for name, cases in cases_of(stage.name).items()
    }
    assert set(tables) == set(stage.exercises)
    assert sum(sum(table.values()) for table in tables.values()) == stage.points


@cases
def test_a_case_tells_a_student_where_to_look(case) -> None:
    assert 3 <= len(case.topic) < 70
    assert case.says.endswith(".")
    assert 40 < len(case.says) < 260
    assert len(re.findall(r"[.?](?: |$)", case.says)) <= 2, "what is off, and where to look"
    assert not re.search(r"np\.|[`=+*/\[\]]|\w\(", case.says), "no code"


@mutants
def test_a_mutant_falls_short(entry: Entry) -> None:
    for seed in SEEDS:
        scored = own_score(entry.name, seed)
        if entry.points == "full":
            assert not lost(scored)
            assert scored.remarks or entry.mistake == "alternative-calls-plain"
        else:
            assert lost(scored), f"seed {seed}"
            assert lost(scored) == lost(own_score(entry.name, 0)), "no verdict depends on the seed"


@mutants
def test_a_mistake_in_a_forward_pass_costs_once(entry: Entry) -> None:
    own = own_score(entry.name, 0)
    if own.points < GRACE * own.max_points:
        return  # too much is wrong with it to excuse others
    others = [name for name in POINTS if STAGE_OF[name].name in FORWARD and name not in entry.changed]
    scores = judge(entry, 0, [entry.exercise, *others])
    assert {name: lost(scores[name]) for name in others if lost(scores[name])} == {}


@pytest.mark.parametrize(
    ("helper", "name"),
    [
        ("batch_statistics_std", "train_eps_outside_root"),
        ("batch_statistics_in_place", "train_returns_normalised"),
        ("batch_statistics_ddof_one", "forward_running_statistics_in_train"),
        ("batch_statistics_sum", "forward_unbiased_buffer"),
        ("batch_statistics_squares", "recalibrate_within_only"),
        ("running_momentum_swapped", "forward_averages_std"),
        ("running_momentum_ignored", "forward_buffers_overwritten"),
    ],
)
def test_an_excuse_covers_no_other_mistake(helper: str, name: str) -> None:
    entry, exercise = MUTANTS[name], MUTANTS[name].exercise
    scores = judge(entry, 0, [MUTANTS[helper].exercise, exercise], also=MUTANTS[helper])
    assert lost(scores[MUTANTS[helper].exercise])
    assert set(lost(scores[exercise])) >= set(lost(own_score(name, 0)))


@pytest.mark.parametrize("name", ["reference", *VARIANTS])
def test_what_is_right_gets_full_marks(name: str) -> None:
    for seed in SEEDS:
        scores = judge(VARIANTS.get(name), seed)
        assert {exercise: lost(scored) for exercise, scored in scores.items() if lost(scored)} == {}
        if name == "reference":
            assert not [scored.remarks for scored in scores.values() if scored.remarks]


@cases
def test_an_untouched_stub_earns_nothing(case) -> None:
    def stub(*_):
        raise NotImplementedError

    result, problem = run_case(case, SimpleNamespace(**dict.fromkeys(STAGE_OF, stub)), seed=0)
    assert not result.passed
    assert isinstance(problem, NotImplementedError)


@cases
@pytest.mark.parametrize("answer", [None, "text", np.zeros((0, 3)), [np.ones(2), None]], ids=str)
def test_odd_answers_are_mismatches_and_no_accidents(case, answer) -> None:
    course = SimpleNamespace(**{name: oddly(getattr(bnlab_solutions, name), answer) for name in STAGE_OF})
    result, problem = run_case(case, course, seed=0)
    is_class = isinstance(getattr(bnlab_solutions, result.exercise), type)
    refused = is_class and isinstance(problem, TypeError | NotImplementedError)
    assert (
        isinstance(problem, Mismatch) or refused or result.inherited
    )  # from what earns nothing, and so excuses nothing; or refused by the harness of a class


def oddly(thing: object, answer: object) -> object:
    """A function that answers that, or a class whose passes do."""
    if not isinstance(thing, type):
        return lambda *_: answer
    methods = [name for name in dir(thing) if name in ("forward", "backward") or name.startswith("test_")]
    return type(thing.__name__, (thing,), dict.fromkeys(methods, lambda *_, **__: answer))
