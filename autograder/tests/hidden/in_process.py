"""Hidden cases run in this process, without sandbox and pytest: for trusted code, and fast.

``python autograder/tests/hidden/in_process.py [STAGE] [--seeds N]`` prints, for every mutant, what it costs and by
which cases, in its own exercise and in those that rest on it.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import bnlab_solutions
import numpy as np
from bnlab_autograder.curriculum import STAGE_OF, STAGES
from bnlab_autograder.diagnosis.bank import Entry, load_bank, namespace
from bnlab_autograder.grading.cases import Mismatch, load_points, split_name, tracing
from bnlab_autograder.grading.job import CaseResult, Verdict
from bnlab_autograder.grading.score import ExerciseScore, score

AUTOGRADER = Path(__file__).parents[2]
HIDDEN = AUTOGRADER / "hidden"
WRITTEN = [stage for stage in STAGES if (HIDDEN / f"test_{stage.name}.py").exists()]
POINTS = {exercise: table for stage in WRITTEN for exercise, table in load_points(HIDDEN, stage.name).items()}
KINDS = {Mismatch: "wrong", NotImplementedError: "missing"}


@cache
def module_of(stage: str) -> ModuleType:
    """The hidden cases of a stage, imported as the judge does: their folder is on the path."""
    if str(HIDDEN) not in sys.path:
        sys.path.insert(0, str(HIDDEN))
    spec = importlib.util.spec_from_file_location(f"test_{stage}", HIDDEN / f"test_{stage}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def cases_of(stage: str) -> dict[str, dict[str, Callable]]:
    """``{exercise: {case: function}}``, in the order of the file."""
    found: dict[str, dict[str, Callable]] = {}
    for name, function in vars(module_of(stage)).items():
        if name.startswith("test_"):
            exercise, case = split_name(name)
            found.setdefault(exercise, {})[case] = function
    return found


def run_case(function: Callable, student: Any, seed: int) -> tuple[CaseResult, Exception | None]:
    """One case for one course, as the judge would report it, and the error that ended it."""
    exercise, name = split_name(function.__name__)
    rng = np.random.default_rng([seed, zlib.crc32(function.__name__.encode())])
    result = CaseResult(exercise, name, True, function.says, function.topic)
    problem = None
    with tracing() as trace, np.errstate(all="ignore"):
        try:
            function(student, bnlab_solutions, rng)
        except Exception as error:
            result.passed, result.detail, problem = False, f"{type(error).__name__}: {error}", error
            result.kind = KINDS.get(type(error), "error")
    result.remarks = dict(trace.remarks)
    result.inherited = sorted(trace.inherited) if result.passed else []
    return result, problem


def judge(
    entry: Entry | None, seed: int, exercises: Iterable[str] = POINTS, also: Entry | None = None
) -> dict[str, ExerciseScore]:
    """The scores of a course, with the functions of ``also`` put in if given. State is not left over between cases."""
    verdict, waiting, done = Verdict(), [name for name in exercises if name in POINTS], set()
    while waiting:
        exercise = waiting.pop()
        done.add(exercise)
        for function in cases_of(STAGE_OF[exercise].name)[exercise].values():
            result, _ = run_case(function, SimpleNamespace(**fresh(entry, also)), seed)
            verdict.cases.append(result)
            waiting += [name for name in result.inherited if name not in done and name not in waiting]
    return {each.exercise: each for each in score(verdict, tuple(exercises), POINTS)}


def fresh(entry: Entry | None, also: Entry | None = None) -> dict[str, Any]:
    """The names that ``entry`` defines beside the reference, executed anew if there is more than functions."""
    names = _shared(entry, also)
    changed = [*(entry.changed if entry else ()), *(also.changed if also else ())]
    return names if all(callable(names[name]) for name in changed) else _executed(entry, also)


def _executed(entry: Entry | None, also: Entry | None) -> dict[str, Any]:
    return namespace(entry, also.source if also else "")


_shared = cache(_executed)


def lost(scores: ExerciseScore) -> list[str]:
    """The cases that did not earn their points."""
    return [case.name for case in scores.cases if not case.passed]


def main() -> None:
    """Print the table mutant × failed cases, and what differs from seed to seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    mutants, variants = load_bank(AUTOGRADER / "mutants"), load_bank(AUTOGRADER / "variants")
    wrong = 0
    for name, entry in mutants.items():
        if entry.exercise not in POINTS or not STAGE_OF[entry.exercise].name.startswith(options.stage):
            continue
        own = judge(entry, 0, [entry.exercise])[entry.exercise]
        others = {
            each: scored
            for each, scored in judge(entry, 0).items()
            if each != entry.exercise and lost(scored)
        }
        print(f"{name:40} {own.max_points - own.points:5.2f} of {own.max_points:5.2f}  {' '.join(lost(own))}")
        for each, scored in others.items():
            print(f"{'':40} also {scored.max_points - scored.points:.2f} in {each}: {' '.join(lost(scored))}")
        for seed in range(1, options.seeds):
            again = judge(entry, seed, [entry.exercise])[entry.exercise]
            if lost(again) != lost(own):
                print(f"{'':40} seed {seed} differs: {' '.join(lost(again))}")
        wrong += (own.points == own.max_points) != (entry.points == "full")
    right = {"reference": None, **variants}
    for name, entry in right.items():
        for seed in range(options.seeds):
            for exercise, scored in judge(entry, seed).items():
                if STAGE_OF[exercise].name.startswith(options.stage) and lost(scored):
                    print(f"{name} loses {exercise}: {' '.join(lost(scored))} (seed {seed})")
                    wrong += 1
    print(f"{wrong} verdicts are wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
