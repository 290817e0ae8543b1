"""Hidden cases run in this process, without sandbox and pytest: for trusted code, and fast."""

from __future__ import annotations

import importlib.util
import sys
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import bnlab_solutions
import numpy as np

from bnlab_autograder.curriculum import STAGE_OF, STAGES
from bnlab_autograder.diagnosis.bank import Entry, namespace
from bnlab_autograder.grading.at_home import AtHome
from bnlab_autograder.grading.cases import Mismatch, cases_of_one, load_points, split_name, tracing
from bnlab_autograder.grading.job import CaseResult, Verdict
from bnlab_autograder.grading.score import ExerciseScore, score

KINDS = {Mismatch: "wrong", NotImplementedError: "missing"}


class HiddenCases:
    """The hidden cases in a folder, as functions.

    Attributes
    ----------
    stages : list of Stage
        Those that have cases.
    points : dict of str to dict
        ``{exercise: {case: points}}``.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.stages = [stage for stage in STAGES if (folder / f"test_{stage.name}.py").exists()]
        self.points = {
            name: table for stage in self.stages for name, table in load_points(folder, stage.name).items()
        }
        self._of_stage = cache(self._load)

    def of(self, stage: str) -> dict[str, dict[str, Callable]]:
        """``{exercise: {case: function}}``, in the order of the file."""
        return self._of_stage(stage)

    def judge(
        self,
        entry: Entry | None,
        seed: int,
        exercises: Iterable[str] | None = None,
        also: Entry | None = None,
    ) -> dict[str, ExerciseScore]:
        """The scores of a course, with the functions of ``also`` put in if given.

        State is not left over between cases. Without ``exercises`` all are judged.
        """
        exercises = tuple(self.points if exercises is None else exercises)
        verdict, waiting, done = Verdict(), [name for name in exercises if name in self.points], set()
        while waiting:
            exercise = waiting.pop()
            done.add(exercise)
            shared: dict[str, Any] = {}
            for function in self.of(STAGE_OF[exercise].name)[exercise].values():
                with cases_of_one(shared, None):
                    result, _ = run_case(function, SimpleNamespace(**fresh(entry, also)), seed)
                verdict.cases.append(result)
                waiting += [name for name in result.inherited if name not in done and name not in waiting]
        return {each.exercise: each for each in score(verdict, exercises, self.points)}

    def _load(self, stage: str) -> dict[str, dict[str, Callable]]:
        """Import the module as the judge does: its folder is on the path."""
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        path = self.folder / f"test_{stage}.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found: dict[str, dict[str, Callable]] = {}
        for name, function in vars(module).items():
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
            function(AtHome(student), AtHome(bnlab_solutions), rng)
        except Exception as error:
            result.passed, result.detail, problem = False, f"{type(error).__name__}: {error}", error
            result.kind = KINDS.get(type(error), "error")
    result.remarks = dict(trace.remarks)
    result.inherited = sorted(trace.inherited) if result.passed else []
    return result, problem


def fresh(entry: Entry | None, also: Entry | None = None) -> dict[str, Any]:
    """The names that ``entry`` defines beside the reference, executed anew if there is more than functions."""
    names = _shared(entry, also)
    changed = [*(entry.changed if entry else ()), *(also.changed if also else ())]
    return names if all(isinstance(names[name], FunctionType) for name in changed) else _executed(entry, also)


def lost(scores: ExerciseScore) -> list[str]:
    """The cases that did not earn their points."""
    return [case.name for case in scores.cases if not case.passed]


def _executed(entry: Entry | None, also: Entry | None) -> dict[str, Any]:
    return namespace(entry, also.source if also else "")


_shared = cache(_executed)
