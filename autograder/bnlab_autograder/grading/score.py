"""From the results of cases to points: every case counts as its points file says, and a mistake costs once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.job import CaseResult, Verdict

GRACE = 0.5  # of its points an exercise must have earned before others are excused by it

Points = Mapping[str, Mapping[str, float]]


@dataclass
class CaseScore:
    """A hidden case as people see it."""

    name: str
    passed: bool
    points: float
    max_points: float
    message: str  # empty for a case that passed
    topic: str = ""


@dataclass
class ExerciseScore:
    """What one exercise has earned, and why."""

    exercise: str
    points: float
    max_points: float
    status: str  # "full", "partial", "zero", "not implemented"
    cases: list[CaseScore] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    diagnosis: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def points_of(exercises: tuple[str, ...], hidden: Path) -> dict[str, dict[str, float]]:
    """The points files of all stages that these exercises belong to, as ``{exercise: {case: points}}``."""
    stages = {STAGE_OF[name].name for name in exercises if name in STAGE_OF}
    return {name: cases for stage in sorted(stages) for name, cases in load_points(hidden, stage).items()}


def score(verdict: Verdict, exercises: tuple[str, ...], points: Points) -> list[ExerciseScore]:
    """The score of each of ``exercises``, in order. Cases without points (of helpers) only decide about grace."""
    by_exercise: dict[str, dict[str, CaseResult]] = {}
    for case in verdict.cases:
        by_exercise.setdefault(case.exercise, {})[case.name] = case
    shares = _Shares(by_exercise, points)
    scores = [_score(name, by_exercise.get(name, {}), points[name], shares) for name in exercises]
    for one in scores:
        one.diagnosis = verdict.diagnosis.get(one.exercise, []) if one.points < one.max_points else []
    return scores


class _Shares:
    """Which share of its points an exercise has earned; an excuse needs a helper that is mostly right."""

    def __init__(self, by_exercise: Mapping[str, Mapping[str, CaseResult]], points: Points):
        self.by_exercise, self.points = by_exercise, points
        self.known: dict[str, float] = {}

    def of(self, exercise: str) -> float:
        if exercise not in self.known:
            self.known[exercise] = 0.0  # a circle of excuses excuses nothing
            cases, table = self.by_exercise.get(exercise, {}), self.points.get(exercise, {})
            earned = sum(p for name, p in table.items() if name in cases and self.counts(cases[name]))
            self.known[exercise] = earned / (sum(table.values()) or 1.0)
        return self.known[exercise]

    def counts(self, case: CaseResult) -> bool:
        """Whether a case earns its points. A mistake costs once: a helper in which it cost nothing excuses nothing."""
        return case.passed and all(
            self.of(source) >= GRACE and self.is_off(source) for source in case.inherited
        )

    def is_off(self, exercise: str) -> bool:
        """Whether an exercise has shown a mistake: in points that it lost, or in some that it was excused for."""
        cases = self.by_exercise.get(exercise, {}).values()
        return self.of(exercise) < 1 or any(case.inherited for case in cases)


def _score(
    name: str, cases: Mapping[str, CaseResult], table: Mapping[str, float], shares: _Shares
) -> ExerciseScore:
    results = []
    for case_name, worth in table.items():
        case = cases.get(case_name) or CaseResult(
            name, case_name, False, kind="fault", detail="this case was not run"
        )
        passed = shares.counts(case)
        message = "" if passed else _message(case, shares)
        results.append(CaseScore(case_name, passed, worth if passed else 0.0, worth, message, case.topic))
    earned, most = sum(case.points for case in results), sum(table.values())
    missing = bool(cases) and all(case.kind == "missing" for case in cases.values())
    status = "not implemented" if missing else "full" if earned == most else "partial" if earned else "zero"
    return ExerciseScore(name, earned, most, status, results, _remarks(name, cases, shares))


def _message(case: CaseResult, shares: _Shares) -> str:
    """Why a case failed: the case's own sentence, then what was seen."""
    if case.kind == "missing":
        if case.where and case.where != case.exercise and case.where in STAGE_OF:
            return f"{case.exercise} calls {case.where}, which is not implemented"
        return "not implemented"
    if case.passed:  # not excused
        weak = [source for source in case.inherited if shares.of(source) < GRACE]
        why = "earned less than half its points" if weak else "lost no points itself"
        return f"{case.says} What is off comes from {', '.join(weak or case.inherited)}, which {why}."
    within = f" in {case.where}" if case.where and case.where != case.exercise else ""
    seen = {
        "error": f"It raised {case.detail}{within}.",
        "time": f"It took too long ({case.detail}).",
        "died": f"It did not come back ({case.detail}).",
        "fault": f"{case.detail}.",
        "wrong": f"Seen: {case.detail}." if case.detail else "",
    }[case.kind]
    return f"{case.says} {seen}".strip()


def _remarks(exercise: str, cases: Mapping[str, CaseResult], shares: _Shares) -> list[str]:
    remarks: dict[str, str] = {}
    for case in cases.values():
        for code, text in case.remarks.items():
            remarks.setdefault(code, text)
        for source in case.inherited:
            if shares.counts(case):
                remarks.setdefault(
                    f"inherited {source}",
                    f"what is off here comes from {source}; it costs points only there",
                )
    return list(remarks.values())
