"""Mistakes are named by what a course does in the hidden cases. ``BNLAB_SEEDS=20`` tries as many seeds."""

from __future__ import annotations

import os

import pytest
from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.traces import OUTCOME

from .conftest import CATALOGUE, MUTANTS, SEED, VARIANTS, course, diagnosed
from .courses import ONE, TWO, UNKNOWN, backward, forward, train

SEEDS = [SEED, *(b"seed %d" % number for number in range(1, int(os.environ.get("BNLAB_SEEDS", "1"))))]
pytestmark = pytest.mark.xdist_group("catalogue")  # one set of tables
NAMED = 0.95  # of the mutants; one that only ever raises an error cannot be told from other errors


def label(value: object) -> str:
    """The same in every process: a set has another order in each."""
    return "+".join(sorted(value)) if isinstance(value, set) else str(value).strip()[:30]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutant_is_named_and_never_wrongly(seed: bytes) -> None:
    graded = {name: entry for name, entry in MUTANTS.items() if entry.points != "full"}
    found = {
        name: diagnosed(entry, STAGE_OF[entry.exercise].exercises, seed) for name, entry in graded.items()
    }
    right = {name: {entry.exercise: [entry.mistake]} for name, entry in graded.items()}
    assert {name: each for name, each in found.items() if each and each != right[name]} == {}
    silent = [name for name, each in found.items() if not each]
    assert len(silent) <= (1 - NAMED) * len(graded), silent


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["reference", *VARIANTS])
def test_what_is_right_has_no_mistake(name: str, seed: bytes) -> None:
    entry = VARIANTS.get(name)
    changed = entry.changed if entry else STAGE_OF
    for exercise in (exercise for exercise in STAGE_OF if exercise in changed):
        trace = CATALOGUE.trace(exercise, seed, entry)
        assert {seen.tag for key, seen in trace.items() if key[1] == OUTCOME} == {"passed"}, exercise
        assert not CATALOGUE.explain(exercise, seed, trace), exercise


@pytest.mark.parametrize(("exercise", "source", "mistake"), ONE, ids=label)
def test_another_form_of_a_mistake_is_recognised(exercise: str, source: str, mistake: str) -> None:
    assert diagnosed(course(source), (exercise,)) == {exercise: [mistake]}


@pytest.mark.parametrize(("exercise", "source", "mistakes"), TWO, ids=label)
def test_two_mistakes_at_once(exercise: str, source: str, mistakes: set[str]) -> None:
    assert set(diagnosed(course(source), (exercise,))[exercise]) == mistakes


@pytest.mark.parametrize(("exercise", "source"), UNKNOWN)
def test_what_the_bank_does_not_know_has_no_name(exercise: str, source: str) -> None:
    assert diagnosed(course(source), (exercise,)) == {}


def test_a_mistake_on_top_of_one_in_a_helper() -> None:
    helper = "def batch_statistics(x):\n    return x.mean(axis=0), x.var(axis=0, ddof=1)\n"
    own = "def batchnorm_train(x, gamma, beta, eps):\n    mean, var = batch_statistics(x)\n"
    own += "    return gamma * (x - mean) / (np.sqrt(var) + eps) + beta\n"
    assert diagnosed(course(helper + own), ("batch_statistics", "batchnorm_train")) == {
        "batch_statistics": ["unbiased-variance"],
        "batchnorm_train": ["eps-outside-root"],
    }


def test_half_known_mistakes_are_named_by_the_known_half() -> None:
    source = (
        forward(new_mean="mu", new_var="var")
        .replace("no such mode", "")
        .replace("raise ValueError(f", "print(")
    )
    assert diagnosed(course(source), ("batchnorm_forward",)) == {"batchnorm_forward": ["running-overwritten"]}


def test_errors_alone_have_no_name() -> None:
    source = "def batchnorm_backward_alt(dout, cache):\n    N, D, _ = dout.shape\n"
    assert diagnosed(course(source), ("batchnorm_backward_alt",)) == {}


@pytest.mark.parametrize(
    ("source", "exercise", "mistake"),
    [
        (
            train(out="np.float64(1) * gamma * xhat + beta", mu="x.mean(axis=0, dtype=float)"),
            "batchnorm_train",
            None,
        ),
        (train(std="(np.sqrt(var, dtype=float) + eps)"), "batchnorm_train", "eps-outside-root"),
        (
            backward(grad="dout", dbeta="dout.sum(axis=0, keepdims=True)"),
            "batchnorm_backward",
            "gamma-missing-in-dx",
        ),
    ],
    ids=["float64 is no mistake", "float64 hides none", "a kept axis hides none"],
)
def test_style_that_is_tolerated_makes_no_difference(source: str, exercise: str, mistake: str | None) -> None:
    assert diagnosed(course(source), (exercise,)) == ({exercise: [mistake]} if mistake else {})


def test_a_diagnosis_is_what_students_and_reports_need() -> None:
    traces = {"batchnorm_train": CATALOGUE.trace("batchnorm_train", SEED, MUTANTS["train_eps_outside_root"])}
    (mistake,) = CATALOGUE.diagnose(SEED, traces, traces)["batchnorm_train"]
    entry = MUTANTS["train_eps_outside_root"]
    assert mistake == {
        "mistake": "eps-outside-root",
        "message": entry.message,
        "line": 1,
        "link": "mistakes.md#eps-outside-root",
    }


@pytest.mark.parametrize(
    "answer", ["None", "'text'", "np.zeros((0, 3))", "[np.ones(2), None]", "1j", "{'dx': 3}"]
)
def test_odd_answers_are_written_down_like_others(answer: str) -> None:
    source = "".join(f"def {name}(*arguments):\n    return {answer}\n" for name in STAGE_OF)
    assert diagnosed(course(source), tuple(STAGE_OF)) == {}
