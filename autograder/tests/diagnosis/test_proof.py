"""What ``bnlab verify`` makes of names: those of mutants are due, all others are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import bnlab_autograder
import jsonschema
import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.grading.job import CaseResult, Verdict
from bnlab_autograder.grading.score import points_of
from bnlab_autograder.release.verify import Proof, share_named, subjects, verify

STAGE = stage_named("01_forward")
MUTANT = "train_eps_outside_root"
EPS = {"batchnorm_train": ["eps-outside-root"]}
SCHEMA = json.loads((Path(bnlab_autograder.__file__).parent / "schemas" / "verify.schema.json").read_text())


class Pool:
    """Says the same about every job: which exercises fall short, and of which mistakes."""

    def __init__(self, diagnosis: dict[str, list[str]], failed: tuple[str, ...]):
        tables = points_of(STAGE.exercises, assets().hidden)
        self.verdict = Verdict(
            cases=[
                CaseResult(
                    exercise, case, exercise not in failed, kind="wrong" if exercise in failed else "passed"
                )
                for exercise, table in tables.items()
                for case in table
            ],
            diagnosis={
                exercise: [{"mistake": m} for m in mistakes] for exercise, mistakes in diagnosis.items()
            },
        )

    def map(self, jobs):
        return ((tag, self.verdict) for tag, _ in jobs)


def proved(name: str, diagnosis: dict[str, list[str]], *failed: str) -> Proof:
    files = assets()
    found = [one for one in subjects(files.mutants, files.variants, [STAGE]) if one.name == name]
    (proof,) = verify(found, files.hidden, files.mutants, Pool(diagnosis, failed), "B")
    jsonschema.validate(proof.to_dict(), SCHEMA["properties"]["proofs"]["items"])
    return proof


@pytest.mark.parametrize(
    ("diagnosis", "holds", "named"),
    [
        (EPS, True, True),
        ({}, True, False),
        ({"batchnorm_train": ["eps-omitted"]}, False, False),
        ({"batchnorm_train": ["eps-outside-root", "wrong-axis"]}, False, True),
    ],
)
def test_a_mutant_has_its_own_name_and_no_other(diagnosis, holds, named) -> None:
    proof = proved(MUTANT, diagnosis, "batchnorm_train", "batch_statistics")
    assert (proof.holds, proof.named) == (holds, named)
    assert share_named([proof]) == named


def test_a_mistake_may_not_shine_through_where_a_helper_is_used() -> None:
    names = {"batch_statistics": ["unbiased-variance"]}
    both = ("batch_statistics", "batchnorm_train")
    assert proved("batch_statistics_ddof_one", names, *both).holds
    assert not proved("batch_statistics_ddof_one", {**names, "batchnorm_train": ["ddof-one"]}, *both).holds


@pytest.mark.parametrize("name", ["reference", "loops_over_features"])
def test_what_is_right_is_not_called_a_mistake(name) -> None:
    assert proved(name, {}).holds
    assert share_named([proved(name, {})]) == 1


def test_an_untouched_stub_makes_no_mistake() -> None:
    assert proved("stub", {}, *STAGE.exercises).holds
    assert not proved("stub", EPS, *STAGE.exercises).holds


def test_a_tolerated_mutant_needs_no_name() -> None:
    proof = proved("batch_statistics_keepdims", {})
    assert proof.holds
    assert proof.mistake is None
