"""Results for Gradescope: a ``results.json`` per student, and an autograder that hands them out.

Gradescope takes results from a program that it runs over each submission. The one in ``autograder.zip`` executes
nothing of a submission: it looks up the student, makes sure that the submission is the one that was graded here, and
copies the result. ("Rerun Autograder" after a new export brings regraded work up to date.)

A hidden case is a test there. What students read of it is its name and the sentence that is written for them; and
while others can still hand in, not even that, unless the course folder says so in ``bnlab.toml``::

    [gradescope]
    visibility = "after_due_date"        # or "visible", "after_published", "hidden"

    [gradescope.cases]
    "batchnorm_train.shape" = "visible"
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from nbgrader.api import Assignment, BaseCell, Comment, SubmittedAssignment, SubmittedNotebook
from nbgrader.api import Grade as GradeRow

from bnlab_autograder.grading.course import Course
from bnlab_autograder.lms.export import Exported, Grade, NotExported, StageGrades, rounded
from bnlab_autograder.lms.people import People

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
USUAL = "after_due_date"
BY_PERSON = "after_published"
SETUP = "#!/usr/bin/env bash\ncommand -v python3 >/dev/null || { apt-get update && apt-get install -y python3; }\n"
EARLIEST = (1980, 1, 1, 0, 0, 0)
PROGRAMS = ("setup.sh", "run_autograder")


@dataclass(frozen=True)
class Visibility:
    """When students may read about a case."""

    usual: str = USUAL
    cases: Mapping[str, str] | None = None  # by EXERCISE.CASE

    @classmethod
    def of(cls, settings: Mapping[str, Any], usual: str | None = None) -> Visibility:
        """What ``bnlab.toml`` says, with another usual one if it is given. Raises NotExported."""
        own = settings.get("gradescope", {})
        cases = own.get("cases", {}) if isinstance(own, dict) else None
        if not isinstance(cases, dict):
            raise NotExported("gradescope in bnlab.toml must be a table, and gradescope.cases, too")
        chosen = usual or own.get("visibility", USUAL)
        for where, value in {"visibility": chosen, **cases}.items():
            if value not in VISIBILITIES:
                raise NotExported(
                    f"gradescope: {where} is {value!r}; it must be one of {', '.join(VISIBILITIES)}"
                )
        return cls(chosen, cases)

    def __call__(self, exercise: str, case: str) -> str:
        return (self.cases or {}).get(f"{exercise}.{case}", self.usual)


@dataclass(frozen=True)
class CellGrade:
    """What the gradebook holds about a graded cell of a submission."""

    cell: str
    by_hand: float | None
    max_points: float
    waiting: bool
    comment: str


def gradescope(
    course: Course, stage: StageGrades, people: People, visibility: Visibility
) -> tuple[dict[str, bytes], Exported]:
    """Files by path: ``autograder.zip``, and ``STUDENT/results.json`` of every student with a grade."""
    done, made = Exported(), {"autograder.zip": b""}
    with course.ledger() as ledger:
        records = {student: row["data"] for student, row in ledger.results(stage.stage).items()}
        cells = _cells(ledger, stage.stage)
    students: dict[str, str] = {}
    submissions, packed = {}, {}
    for name, grade in stage.final.items():
        if name not in records:
            done.absent.append(name)
            done.remarks.append(f"{name} was graded by nbgrader alone; run: bnlab grade {stage.stage}")
            continue
        result = results_of(grade, records[name], cells.get(name, []), visibility)
        raw = (json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
        made[f"{name}/results.json"] = raw
        student = people.students[name]
        keys = {key.casefold() for key in (student.email, student.gradescope_id, student.sis_id) if key}
        digests = _digests(course.workspace.submitted / name / stage.stage)
        if not keys or not digests:
            done.absent.append(name)
            continue
        done.written.append(name)
        token = hashlib.sha256(name.encode()).hexdigest()[:16]
        packed[f"results/{token}.json"] = raw
        submissions[token] = digests
        for key in keys:
            if students.setdefault(key, token) != token:
                raise NotExported(f"two students have the address or number {key}; correct the roster")
    if done.absent:
        done.remarks.append(
            "Gradescope knows students by email address; the roster lacks those of the students above"
        )
    index = {"stage": stage.stage, "students": students, "submissions": submissions}
    made["autograder.zip"] = _autograder(index, packed)
    return made, done


def results_of(
    grade: Grade, record: Mapping[str, Any], cells: list[CellGrade], visibility: Visibility
) -> dict[str, Any]:
    """The contents of a ``results.json``. The sum of its tests is its score."""
    by_cell = {cell.cell: cell for cell in cells}
    tests: list[dict[str, Any]] = []
    for exercise in record["exercises"]:
        cell = by_cell.pop(f"check_{exercise['exercise']}", None)
        if cell is not None and cell.by_hand is not None:
            tests.append(_by_hand(cell, exercise["exercise"]))
        else:
            tests += _of_exercise(exercise, visibility)
    tests += [_by_hand(cell, cell.cell) for cell in by_cell.values()]
    if grade.penalty:
        tests.append(
            {
                "name": "handed in late",
                "score": -float(grade.penalty),
                "max_score": 0,
                "visibility": "visible",
            }
        )
    for number, test in enumerate(tests, start=1):
        test["number"] = str(number)
    lines = [f"Graded under version {record['release']} of {grade.stage}."]
    lines += [f"Note: {finding['text']}" for finding in record["findings"]]
    return {
        "score": float(grade.points),
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": visibility.usual,
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def _of_exercise(exercise: Mapping[str, Any], visibility: Visibility) -> list[dict[str, Any]]:
    name = exercise["exercise"]
    tests = [
        {
            "name": f"{name}: {case['name'].replace('_', ' ')}",
            "score": case["points"],
            "max_score": case["max_points"],
            "status": "passed" if case["passed"] else "failed",
            "output": case["message"],
            "output_format": "text",
            "visibility": visibility(name, case["name"]),
        }
        for case in exercise["cases"]
    ]
    notes = [f"Known mistake: {mistake['message']}" for mistake in exercise["diagnosis"]]
    notes += [f"Remark: {remark}." for remark in exercise["remarks"]]
    if notes:
        about = {"name": f"{name}: notes", "score": 0, "max_score": 0, "output": "\n".join(notes)}
        tests.append({**about, "output_format": "text", "visibility": visibility.usual})
    return tests


def _by_hand(cell: CellGrade, name: str) -> dict[str, Any]:
    """What a person has graded, or has still to grade; shown when the instructor publishes grades."""
    test = {"name": name.replace("_", " "), "max_score": float(rounded(cell.max_points))}
    test["score"] = float(rounded(cell.by_hand or 0))
    test["output"] = cell.comment or ("Not graded yet." if cell.waiting else "")
    return {**test, "output_format": "text", "visibility": BY_PERSON}


def _cells(ledger: Any, stage: str) -> dict[str, list[CellGrade]]:
    """The graded cells of every submission, by two queries."""
    joined = (
        sa.join(SubmittedNotebook, SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    )  # fmt: skip
    grades = (
        sa.select(
            SubmittedAssignment.student_id,
            BaseCell.name,
            GradeRow.manual_score,
            GradeRow.needs_manual_grade,
            GradeRow.max_score.label("most"),
        )
        .select_from(joined)
        .join(GradeRow, GradeRow.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == GradeRow.cell_id)
        .where(Assignment.name == stage)
        .order_by(SubmittedAssignment.student_id, BaseCell.name)
    )
    comments = (
        sa.select(SubmittedAssignment.student_id, BaseCell.name, Comment.comment)
        .select_from(joined)
        .join(Comment, Comment.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .where(Assignment.name == stage)
    )
    found: dict[str, list[CellGrade]] = {}
    with ledger.transaction() as gradebook:
        said = {(row[0], row[1]): row[2] or "" for row in gradebook.db.execute(comments)}
        for student, cell, by_hand, waiting, most in gradebook.db.execute(grades):
            comment = said.get((student, cell), "")
            found.setdefault(student, []).append(CellGrade(cell, by_hand, most, waiting, comment))
    return found


def _digests(folder: Path) -> list[str]:
    paths = [path for path in sorted(folder.glob("*.ipynb")) if path.is_file() and not path.is_symlink()]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def _autograder(index: Mapping[str, Any], packed: Mapping[str, bytes]) -> bytes:
    """The zip that is uploaded under "Configure Autograder"; the same results give the same bytes."""
    program = files("bnlab_autograder.lms") / "templates" / "run_autograder"
    contents = {
        "setup.sh": SETUP.encode(),
        "run_autograder": program.read_bytes(),
        "index.json": json.dumps(index, indent=1, ensure_ascii=False, sort_keys=True).encode(),
        **packed,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in contents.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in PROGRAMS else 0o100644) << 16
            archive.writestr(entry, raw)
    return buffer.getvalue()
