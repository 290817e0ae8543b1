"""The grades of a stage as they are told to others: what counts, and what is still open about each.

Points are exact: those of cases are multiples of 0.25, those given by hand and late penalties may be anything. Every
number that leaves is rounded to two decimals, halves upwards, which is what learning-management systems keep.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from nbgrader.api import Assignment, BaseCell, Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.api import Grade as GradeRow

from bnlab_autograder.curriculum import BY_NAME
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.extensions import Extension
from bnlab_autograder.grading.findings import Finding
from bnlab_autograder.grading.outdated import outdated
from bnlab_autograder.grading.released import NoRelease

CENT = Decimal("0.01")
NOT_GRADED, OUTDATED, BY_HAND = "not-graded", "outdated", "by-hand"


@dataclass(frozen=True)
class Grade:
    """One student's grade for one stage.

    ``points`` is what counts: what was earned, less the penalty for being late. It is None where there is nothing
    yet. ``open`` says why it may not be final.
    """

    student: str
    stage: str
    points: Decimal | None
    earned: Decimal | None
    penalty: Decimal
    max_points: Decimal
    submitted: datetime.datetime | None = None  # in UTC
    due: datetime.datetime | None = None  # for this student
    open: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "student": self.student,
            "stage": self.stage,
            "points": None if self.points is None else float(self.points),
            "earned": None if self.earned is None else float(self.earned),
            "penalty": float(self.penalty),
            "max_points": float(self.max_points),
            "open": [finding.to_dict() for finding in self.open],
        }


@dataclass(frozen=True)
class StageGrades:
    """All grades of a stage, by student; only of those who have handed in."""

    stage: str
    title: str
    max_points: Decimal
    due: datetime.datetime | None  # in UTC
    grades: Mapping[str, Grade]
    extended: Mapping[str, Extension] = field(default_factory=dict)  # by student

    def until(self, student: str) -> datetime.datetime | None:
        """Until when a student may hand in, in UTC; None: for ever."""
        if student in self.grades:
            return self.grades[student].due
        more = self.extended.get(student)
        return self.due + more.length(self.due) if more is not None and self.due is not None else self.due

    def is_over(self, student: str) -> bool:
        """Whether a student can no longer hand in without being late."""
        until = self.until(student)
        return until is not None and until <= datetime.datetime.now(datetime.UTC).replace(tzinfo=None)

    @property
    def open(self) -> list[Grade]:
        return [grade for grade in self.grades.values() if grade.open]

    @property
    def final(self) -> dict[str, Grade]:
        """Those that have points."""
        return {student: grade for student, grade in self.grades.items() if grade.points is not None}


@dataclass
class Exported:
    """What an export has written, and what it could not."""

    files: list[Path] = field(default_factory=list)
    written: list[str] = field(default_factory=list)  # students whose grade, or page, is in the files
    absent: list[str] = field(
        default_factory=list
    )  # students with a grade whom the other system does not name
    unknown: list[str] = field(
        default_factory=list
    )  # whom the other system names, and the course does not know
    remarks: list[str] = field(default_factory=list)

    def __iadd__(self, other: Exported) -> Exported:
        for name, values in vars(other).items():
            mine = getattr(self, name)
            mine += [value for value in values if value not in mine]
        return self


class NotExported(ValueError):
    """An export cannot be made like this; the text names file or student and says what to do."""


def rounded(points: float | Decimal) -> Decimal:
    """Two decimals, halves upwards, as the number is written: 2.675 is 2.68."""
    return Decimal(str(points)).quantize(CENT, ROUND_HALF_UP)


def number(points: Decimal, comma: bool = False) -> str:
    """Points without needless zeros: 12, 2.5, 0.25; with a decimal comma where a file has such."""
    text = f"{points:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if comma else text


def grades_of(course: Course, stage: str) -> StageGrades:
    """The grades of ``stage``, with late penalties as due date, extensions and points are now. Raises NoRelease."""
    with course.ledger() as ledger:
        ledger.settle(stage)
        results = ledger.results(stage)
        with ledger.transaction() as gradebook:
            try:
                assignment = gradebook.find_assignment(stage)
            except MissingEntry:
                raise NoRelease(f"the gradebook does not know {stage}; run: bnlab release {stage}") from None
            rows = _rows(gradebook, stage)
            waiting = _waiting(gradebook, stage)
            due, most = assignment.duedate, rounded(assignment.max_score)
        stale = {one.student: one.why for one in outdated(course, stage, ledger, tier=_tier(results))}
    grades = {}
    for student in sorted({*rows, *(name for name, _ in course.workspace.submissions(stage))}):
        failed = student in results and results[student]["data"]["points"] is None and student in waiting
        ungraded = student not in rows or failed
        grades[student] = (
            Grade(student, stage, None, None, Decimal(0), most, due=due, open=(_not_graded(stage, student),))
            if ungraded
            else _grade(rows[student], stage, most, due, stale.get(student), waiting.get(student, []))
        )
    extended = {one.student: one for one in course.extensions.values() if one.stage == stage}
    return StageGrades(stage, BY_NAME[stage].title, most, due, grades, extended)


def _grade(
    row: Any,
    stage: str,
    most: Decimal,
    due: datetime.datetime | None,
    stale: str | None,
    waiting: Iterable[str],
) -> Grade:
    remarks = []
    if stale:
        text = (
            f"the submission of {row.student_id} has to be graded again ({stale}); run: bnlab grade {stage}"
        )
        remarks.append(Finding(OUTDATED, text))
    if waiting:
        cells = ", ".join(waiting)
        text = f"{cells} of {row.student_id} waits for points by hand; give them in the formgrader"
        remarks.append(Finding(BY_HAND, text))
    earned, penalty = rounded(row.score or 0), rounded(row.penalty or 0)
    mine = due + row.extension if due is not None and row.extension else due
    return Grade(
        row.student_id,
        stage,
        max(earned - penalty, Decimal(0)),
        earned,
        penalty,
        most,
        row.timestamp,
        mine,
        tuple(remarks),
    )


def _tier(results: Mapping[str, Any]) -> str | None:
    """The walls that all were graded behind; this machine may have others than those that grade."""
    tiers = {result["data"].get("tier") for result in results.values()} - {None}
    return tiers.pop() if len(tiers) == 1 else None


def _not_graded(stage: str, student: str) -> Finding:
    return Finding(NOT_GRADED, f"the submission of {student} is not graded; run: bnlab grade {stage}")


def _rows(gradebook: Gradebook, stage: str) -> dict[str, Any]:
    """Score and penalty of every submission that the gradebook holds, by a single query."""
    query = (
        sa.select(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            SubmittedAssignment.extension,
            SubmittedAssignment.score.label("score"),
            SubmittedAssignment.late_submission_penalty.label("penalty"),
        )
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == stage)
    )
    return {row.student_id: row for row in gradebook.db.execute(query)}


def _waiting(gradebook: Gradebook, stage: str) -> dict[str, list[str]]:
    """The cells that a person has to grade, by student."""
    query = (
        sa.select(SubmittedAssignment.student_id, BaseCell.name)
        .select_from(GradeRow)
        .join(SubmittedNotebook, SubmittedNotebook.id == GradeRow.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(BaseCell, BaseCell.id == GradeRow.cell_id)
        .where(Assignment.name == stage, GradeRow.needs_manual_grade)
        .order_by(BaseCell.name)
    )
    found: dict[str, list[str]] = {}
    for student, cell in gradebook.db.execute(query):
        found.setdefault(student, []).append(cell)
    return found
