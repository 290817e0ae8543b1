"""The bank's catalogue over the hidden cases, which run in this process."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from pathlib import Path

import bnlab_solutions
import pytest
from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.bank import Entry, load_bank
from bnlab_autograder.diagnosis.catalogue import Catalogue, Probe
from bnlab_autograder.diagnosis.traces import OUTCOME

AUTOGRADER = Path(__file__).parents[2]
MUTANTS, VARIANTS = load_bank(AUTOGRADER / "mutants"), load_bank(AUTOGRADER / "variants")
SEED = b"a seed"


@cache
def probes(exercise: str) -> tuple[Probe, ...]:
    """The hidden cases of an exercise."""
    if str(AUTOGRADER / "hidden") not in sys.path:
        sys.path.insert(0, str(AUTOGRADER / "hidden"))
    module = importlib.import_module(f"test_{STAGE_OF[exercise].name}")
    return tuple(Probe(n, f) for n, f in vars(module).items() if n.startswith(f"test_{exercise}__"))


CATALOGUE = Catalogue(MUTANTS, probes, bnlab_solutions)


def course(source: str, name: str = "a_course") -> Entry:
    """A course of which ``source`` redefines some functions."""
    source = f"import numpy as np\n{source}"
    return Entry(name, Path(f"{name}.py"), None, None, None, None, None, source, "")


def diagnosed(entry: Entry | None, exercises: tuple[str, ...], seed: bytes = SEED) -> dict[str, list[str]]:
    """The names of the mistakes in those of the exercises that fall short, as grading would ask for them."""
    traces = {exercise: CATALOGUE.trace(exercise, seed, entry) for exercise in exercises}
    failed = [
        exercise
        for exercise, trace in traces.items()
        if any(key[1] == OUTCOME and seen.tag == "failed" for key, seen in trace.items())
    ]
    found = CATALOGUE.diagnose(seed, traces, failed)
    return {exercise: [mistake["mistake"] for mistake in mistakes] for exercise, mistakes in found.items()}


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture) -> None:
    """Some variants print."""
