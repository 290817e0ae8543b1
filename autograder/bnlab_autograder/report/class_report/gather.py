"""What the report is made from, read from a course folder: results, grades, receipts, and the answers themselves."""

from __future__ import annotations

import hmac
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from nbgrader.api import SubmittedAssignment, SubmittedNotebook

from bnlab_autograder.curriculum import STAGES, stage_named
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.lms.ledger import all_receipts
from bnlab_autograder.lms.roster import Roster, roster_of
from bnlab_autograder.report.class_report.similar import without_prose

RAISED = re.compile(r"(It raised \w+).*", re.DOTALL)  # what comes after may be the student's own words


@dataclass(frozen=True)
class Submission:
    """What is known about one graded submission."""

    student: str
    data: Mapping[str, Any]  # what `bnlab grade --json` prints
    late_seconds: float = 0.0  # after the deadline and any extension
    penalty: float = 0.0  # points taken off for that
    by_hand: float | None = None  # points that a person gave; None: nobody has yet
    by_hand_max: float = 0.0
    needs_hand: bool = False
    first: Mapping[str, float | None] = field(
        default_factory=dict
    )  # points when it was first graded, by exercise
    reasons: tuple[str, ...] = ()  # why its points have changed since
    attempts: int = 0  # how often it was handed in; 0: not known
    answers: Mapping[str, str] = field(default_factory=dict)  # source by exercise


@dataclass(frozen=True)
class StageClass:
    """One stage, as the class has worked on it."""

    stage: str
    title: str
    students: tuple[str, ...]  # everybody in the course
    submitted: tuple[str, ...]
    submissions: tuple[Submission, ...]  # what is graded
    released: Mapping[str, str] = field(default_factory=dict)  # what students were given, by exercise
    names: Mapping[str, str] = field(
        default_factory=dict
    )  # what people call the students, where that is known


def gather(course: Course, stages: Iterable[str] = ()) -> list[StageClass]:
    """What there is about ``stages``; without any, about every stage that somebody has handed in."""
    wanted = [stage_named(name) for name in stages] or list(STAGES)
    with course.ledger() as ledger:
        names = _students(course, ledger)
        found = [_stage(course, ledger, stage.name, stage.title, names) for stage in wanted]
    return [one for one in found if stages or one.submitted or one.submissions]


def anonymous(stages: Iterable[StageClass], secret: bytes) -> list[StageClass]:
    """The same with a pseudonym for each student, which is always the same in a course and tells nothing.

    Names go out of answers as well: comments and texts are left out, and so is what findings say in words.
    """

    def name(student: str) -> str:
        return "s-" + hmac.digest(secret, b"report\0" + student.encode(), "sha256").hex()[:8]

    return [
        replace(
            one,
            names={},
            students=tuple(sorted(map(name, one.students))),
            submitted=tuple(sorted(map(name, one.submitted))),
            submissions=tuple(
                sorted((_hidden(s, name(s.student)) for s in one.submissions), key=lambda s: s.student)
            ),
        )
        for one in stages
    ]


def _hidden(submission: Submission, name: str) -> Submission:
    own = re.compile(rf"(?<![^\W_]){re.escape(submission.student)}(?![^\W_])", re.IGNORECASE)

    def case(one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "message": own.sub("…", RAISED.sub(r"\1.", one["message"]))}

    data = {
        **submission.data,
        "student": name,
        "findings": [{**finding, "text": ""} for finding in submission.data["findings"]],
        "exercises": [
            {**e, "cases": [case(one) for one in e["cases"]]} for e in submission.data["exercises"]
        ],
    }
    answers = {exercise: own.sub("…", without_prose(text)) for exercise, text in submission.answers.items()}
    return replace(submission, student=name, data=data, answers=answers)


# Reading


def _students(course: Course, ledger: Ledger) -> dict[str, str]:
    """Everybody in the course, and what people call them; empty where nobody has said."""
    names = dict.fromkeys(course.workspace.students(), "")
    with ledger.transaction() as gradebook:
        for student in gradebook.students:
            names[student.id] = " ".join(filter(None, (student.first_name, student.last_name)))
    for student in (roster_of(course.root) or Roster(())).students:
        names[student.student_id] = student.name or names.get(student.student_id, "")
    return dict(sorted(names.items()))


def _stage(course: Course, ledger: Ledger, stage: str, title: str, names: Mapping[str, str]) -> StageClass:
    results = ledger.results(stage)
    grades, log = _grades(ledger, stage), _log(ledger, stage)
    attempts = _attempts(course, stage)
    submissions = tuple(
        Submission(
            student,
            {key: value for key, value in result["data"].items() if key != "answers"},
            **grades.get(student, {}),
            **log.get(student, {}),
            attempts=attempts.get(student, 0),
            answers=read_answers(course.workspace.autograded / student / stage / f"{stage}.ipynb"),
        )
        for student, result in results.items()
    )
    submitted = tuple(student for student, _ in course.workspace.submissions(stage))
    released = read_answers(course.workspace.release(stage) / f"{stage}.ipynb")
    return StageClass(stage, title, tuple(names), submitted, submissions, released, names)


def _grades(ledger: Ledger, stage: str) -> dict[str, dict[str, Any]]:
    """What nbgrader's gradebook knows of each submission, by student."""
    found: dict[str, dict[str, Any]] = {}
    with ledger.transaction() as gradebook:
        of_stage = SubmittedAssignment.assignment.has(name=stage)
        late = {
            one.student_id: one.total_seconds_late
            for one in gradebook.db.query(SubmittedAssignment).filter(of_stage)
        }
        penalties = dict(
            gradebook.db.query(
                SubmittedAssignment.student_id, sa.func.sum(SubmittedNotebook.late_submission_penalty)
            )
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .filter(of_stage)
            .group_by(SubmittedAssignment.student_id)
            .all()
        )
        for row in gradebook.submission_dicts(stage):
            needs = bool(row["needs_manual_grade"])
            found[row["student"]] = {
                "late_seconds": max(0.0, late.get(row["student"], 0.0)),
                "penalty": penalties.get(row["student"]) or 0.0,
                "by_hand": None if needs else row["written_score"] + row["task_score"],
                "by_hand_max": row["max_written_score"] + row["max_task_score"],
                "needs_hand": needs,
            }
    return found


def _log(ledger: Ledger, stage: str) -> dict[str, dict[str, Any]]:
    """Points when first graded, and the reasons of later changes, by student."""
    first: dict[str, dict[str, float | None]] = defaultdict(dict)
    reasons: dict[str, dict[str, None]] = defaultdict(dict)
    for row in ledger.log(stage):
        exercise = row["cell"].removeprefix("check_")
        if exercise not in first[row["student"]]:
            first[row["student"]][exercise] = row["new"]
        else:
            reasons[row["student"]].setdefault(row["reason"])
    return {student: {"first": first[student], "reasons": tuple(reasons[student])} for student in first}


def _attempts(course: Course, stage: str) -> dict[str, int]:
    """How many different notebooks each student has handed in, as the receipts say."""
    most: dict[str, int] = {}
    for receipt in all_receipts(course, stage):
        most[receipt.student_id] = max(receipt.attempt, most.get(receipt.student_id, 0))
    return most


def read_answers(path: Path) -> dict[str, str]:
    """The sources of the answers in code of a notebook, by grade_id. A notebook that cannot be read has none."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    found = {}
    for cell in cells:
        marks = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and marks.get("solution") and not marks.get("grade"):
            found[marks["grade_id"]] = "".join(cell["source"])
    return found
