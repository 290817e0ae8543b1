"""From the judge to the score: one real judge, and what its verdicts depend on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.diagnosis.bank import compose
from bnlab_autograder.grading.bundle import Bundle
from bnlab_autograder.grading.files import PUBLIC_SEED
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.judge import Judge, environment_of, limits_for
from bnlab_autograder.grading.score import points_of, score
from bnlab_autograder.sandbox import probe

from .conftest import MUTANTS, course
from .courses import OUTSIDE, SWAPPED, forward

STAGE = "02_train_test"


@pytest.fixture(scope="module")
def judge():
    with Judge(assets().hidden, assets().mutants, tier=probe().tier) as judge:
        yield judge


def judged(judge: Judge, source: str, *exercises: str) -> Verdict:
    cells = (Cell("source", source), *(Cell(name, "", name) for name in exercises))
    return judge.judge(Job(STAGE, cells, {}, PUBLIC_SEED, limits_for({"call_seconds": 0.5}), "test"))


@pytest.mark.parametrize(
    "name",
    [
        "forward_eps_omitted_in_test",
        "forward_buffers_updated_before_test",
        "forward_gamma_per_example",
        "fold_in_place",
    ],
)
def test_what_a_student_gets_names_the_mistake(judge: Judge, name: str) -> None:
    entry = MUTANTS[name]
    exercises = ("batchnorm_forward", "fold_batchnorm")
    verdict = Verdict.from_dict(judged(judge, compose(entry), *exercises).to_dict())
    scores = score(verdict, exercises, points_of(exercises, assets().hidden))
    assert {one.exercise: [m["mistake"] for m in one.diagnosis] for one in scores if one.diagnosis} == {
        entry.exercise: [entry.mistake]
    }


def test_two_mistakes_at_once(judge: Judge) -> None:
    source = compose(course(forward(**OUTSIDE, **SWAPPED)))
    (mistakes,) = judged(judge, source, "batchnorm_forward").diagnosis.values()
    assert {mistake["mistake"] for mistake in mistakes} == {"eps-outside-root", "momentum-swapped"}


@pytest.mark.parametrize("end", ["raise NotImplementedError", "import os; os._exit(1)", "while True: pass"])
def test_what_does_not_come_back_has_no_name(judge: Judge, end: str) -> None:
    verdict = judged(judge, compose(course(f"def recalibrate(batches):\n    {end}\n")), "recalibrate")
    assert not any(case.passed for case in verdict.cases)
    assert not verdict.diagnosis


def test_full_marks_have_no_diagnosis() -> None:
    exercises = ("update_running",)
    points = points_of(exercises, assets().hidden)
    verdict = Verdict(diagnosis={"update_running": [{"mistake": "momentum-swapped"}]})
    assert score(verdict, exercises, points)[0].diagnosis
    assert not score(verdict, exercises, {"update_running": {}})[0].diagnosis


def test_a_verdict_depends_on_the_mutants_of_its_stage_only(tmp_path: Path) -> None:
    mutants = tmp_path / "mutants"
    shutil.copytree(assets().mutants, mutants)

    def environment() -> str:
        return environment_of(STAGE, assets().hidden, mutants, "B")

    before = environment()
    (mutants / "another_elsewhere.py").write_text('EXERCISE = "standardize"\n')
    assert environment() == before
    (mutants / "another_here.py").write_text('EXERCISE = "recalibrate"\n')
    assert environment() != before


def test_cases_and_mutants_travel_in_one_bundle(tmp_path: Path) -> None:
    files = assets()
    bundle = Bundle.of(hidden=files.hidden, mutants=files.mutants)
    bundle.unpack(tmp_path)
    here = environment_of(STAGE, files.hidden, files.mutants, "B")
    assert environment_of(STAGE, tmp_path / "hidden", tmp_path / "mutants", "B") == here
    assert Bundle.of(hidden=tmp_path / "hidden", mutants=tmp_path / "mutants") == bundle
