"""Results of a made-up class of any size, as the report takes them: nobody has handed in, and nothing is executed."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import bnlab_solutions
import numpy as np

from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import Stage
from bnlab_autograder.diagnosis.bank import Entry, load_bank
from bnlab_autograder.diagnosis.catalogue import described
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.report.class_report.gather import StageClass, Submission

HABITS = 6
MISTAKEN = 0.35  # of a weak student's exercises; of a strong one's a third of that


def class_of(n: int, stages: Iterable[Stage], seed: int = 0) -> list[StageClass]:
    """A class of ``n``, some of them stronger than others, some late, some with notebooks that cannot be read."""
    rng = np.random.default_rng(seed)
    pupils = [
        _Pupil(f"student{k:04d}", strong, int(rng.integers(HABITS))) for k, strong in enumerate(rng.random(n))
    ]
    return [_stage(stage, pupils, rng) for stage in stages]


@dataclass(frozen=True)
class _Pupil:
    student: str
    strong: float
    habit: int  # which of the mistakes that there are this one tends to


def _stage(stage: Stage, pupils: list[_Pupil], rng: np.random.Generator) -> StageClass:
    points = load_points(assets().hidden, stage.name)
    bank = [e for e in load_bank(assets().mutants).values() if e.exercise in points and e.points != "full"]
    submissions = []
    for pupil in pupils:
        if rng.random() < 0.05:
            continue
        exercises = [_exercise(name, cases, pupil, bank, rng) for name, cases in points.items()]
        needs_hand = bool(rng.random() < 0.3)
        submissions.append(
            Submission(
                pupil.student,
                _data(pupil.student, stage, exercises, rng),
                late_seconds=3600.0 * (rng.random() < 0.1),
                by_hand=None if needs_hand else float(rng.integers(4)),
                by_hand_max=3.0,
                needs_hand=needs_hand,
                first={e["exercise"]: e["points"] * float(rng.random() > 0.1) for e in exercises},
                attempts=int(rng.integers(1, 4)),
                answers={name: _answer(name, rng) for name in points},
            )
        )
    submitted = tuple(s.student for s in submissions)
    everybody = tuple(pupil.student for pupil in pupils)
    return StageClass(stage.name, stage.title, everybody, submitted, tuple(submissions))


def _exercise(
    name: str, cases: Mapping[str, float], pupil: _Pupil, bank: list[Entry], rng: np.random.Generator
) -> dict[str, Any]:
    wrong = rng.random() < MISTAKEN * (1.2 - pupil.strong)
    known = [entry for entry in bank if entry.exercise == name]
    entry = None
    if wrong and known and rng.random() < 0.9:
        usual = rng.random() < 0.5
        entry = known[pupil.habit % len(known) if usual else int(len(known) * rng.random() ** 3)]
    failed = {case for case in cases if wrong and rng.random() < 0.3} or (
        {next(iter(cases))} if wrong else set()
    )
    rows = [
        {
            "name": case,
            "passed": case not in failed,
            "points": 0.0 if case in failed else worth,
            "max_points": worth,
            "message": f"Look at {case}. Seen: other numbers." if case in failed else "",
            "topic": case.replace("_", " "),
        }
        for case, worth in cases.items()
    ]
    earned, most = sum(row["points"] for row in rows), sum(cases.values())
    return {
        "exercise": name,
        "points": earned,
        "max_points": most,
        "status": "full" if earned == most else "partial" if earned else "zero",
        "cases": rows,
        "remarks": [],
        "diagnosis": [described(entry)] if entry else [],
    }


def _data(
    student: str, stage: Stage, exercises: list[dict[str, Any]], rng: np.random.Generator
) -> dict[str, Any]:
    unreadable = rng.random() < 0.01
    text = f"{stage.name}.ipynb is not valid JSON"
    return {
        "schema": "bnlab-grade",
        "version": 1,
        "student": student,
        "stage": stage.name,
        "release": "1.0.0",
        "points": 0.0 if unreadable else sum(one["points"] for one in exercises),
        "max_points": sum(one["max_points"] for one in exercises),
        "status": "unreadable" if unreadable else "graded",
        "tier": "A",
        "findings": [{"code": "unreadable", "text": text, "cell": None}] if unreadable else [],
        "exercises": exercises,
        "usage": {"seconds": float(rng.gamma(2, 0.15)), "cpu_seconds": 0.2, "peak_memory_mb": 55.0},
    }


@cache
def _reference(name: str) -> str:
    return inspect.getsource(getattr(bnlab_solutions, name))


def _answer(name: str, rng: np.random.Generator) -> str:
    """The reference with a few lines of the student's own."""
    lines = _reference(name).splitlines()
    for _ in range(rng.integers(0, 5)):
        a, b, c = rng.integers(0, 100, 3)
        signs = rng.choice(list("+-*/"), 3)
        lines.insert(-1, f"    t{a} = ({a} {signs[0]} {b}) {signs[1]} {c} {signs[2]} {a}  # {b}")
    return "\n".join(lines)
