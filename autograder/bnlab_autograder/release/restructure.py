"""The cells of a stage in the gradebook: which there are, and how existing submissions get those of another version.

nbgrader records each cell once, and a grade or comment of it for each submission. It refuses to add or remove cells
of an assignment that has submissions. Here that is done in the caller's transaction, for all submissions at once:
one that had the cells of two versions would count wrongly. What a removed cell held is set aside in a table of our
own; if a later version has the cell again, it comes back.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from nbformat import NotebookNode
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from bnlab_autograder.grading.record import LOG

KINDS = {"grade": GradeCell, "solution": SolutionCell, "task": TaskCell, "source": SourceCell}
GRADED, COMMENTED = ("grade", "task"), ("solution", "task")  # kinds of cells that submissions have rows for
KEPT = {  # what a row of a submission holds
    Grade: ("auto_score", "manual_score", "extra_credit", "needs_manual_grade"),
    Comment: ("auto_comment", "manual_comment"),
}
Roles = Mapping[str, Mapping[str, float | None]]  # grade_id -> {kind of cell: points}

_metadata = sa.MetaData()
SET_ASIDE = sa.Table(
    "bnlab_set_aside",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("time", sa.String(40)),
    sa.Column("student", sa.String(128), index=True),
    sa.Column("stage", sa.String(128), index=True),
    sa.Column("cell", sa.String(128)),
    sa.Column("row", sa.String(16)),  # "Grade" or "Comment"
    sa.Column("version", sa.String(32)),  # whose publication has removed it
    sa.Column("data", sa.Text),
)


@dataclass(frozen=True)
class CellChange:
    """How a cell that nbgrader knows differs between two versions."""

    cell: str
    kind: str  # "added", "removed", "role" or "points"
    old: float | None = None  # points
    new: float | None = None


@dataclass(frozen=True)
class Look:
    """Something that a person should look at after a migration."""

    student: str
    cell: str
    why: str


@dataclass(frozen=True)
class Restructured:
    """What has changed for the submissions of a stage."""

    cells: tuple[CellChange, ...] = ()
    by_hand: tuple[Look, ...] = ()  # what a person has graded or has to grade

    def to_dict(self) -> dict[str, Any]:
        return {
            "cells": [asdict(change) for change in self.cells],
            "by_hand": [asdict(look) for look in self.by_hand],
        }


def roles_in(notebook: NotebookNode) -> dict[str, dict[str, float | None]]:
    """The cells of a notebook that nbgrader records: by grade_id the kinds it records them as, and their points."""
    roles: dict[str, dict[str, float | None]] = {}
    for cell in notebook.cells:
        kinds = {"grade": is_grade(cell), "solution": is_solution(cell), "task": is_task(cell)}
        kinds["source"] = any(kinds.values()) or is_locked(cell)
        if kinds["source"]:
            marks = cell.metadata.nbgrader
            points = {kind: float(marks.points) if kind in GRADED else None for kind in kinds if kinds[kind]}
            roles[marks.grade_id] = points
    return roles


def roles_recorded(gradebook: Gradebook, stage: str) -> dict[str, dict[str, float | None]]:
    """The same, of what the gradebook holds."""
    try:
        notebook = gradebook.find_notebook(stage, stage)
    except MissingEntry:
        return {}
    roles: dict[str, dict[str, float | None]] = {}
    for kind in KINDS:
        for cell in getattr(notebook, f"{kind}_cells"):
            roles.setdefault(cell.name, {})[kind] = cell.max_score if kind in GRADED else None
    return roles


def compared(old: Roles, new: Roles) -> list[CellChange]:
    """What differs, in order of the cells."""
    found = []
    for cell in dict.fromkeys([*old, *new]):
        before, after = old.get(cell), new.get(cell)
        points = [
            next((one[kind] for kind in GRADED if kind in one), None) for one in (before or {}, after or {})
        ]
        if before is None or after is None:
            found.append(CellChange(cell, "added" if before is None else "removed", *points))
        elif before.keys() != after.keys():
            found.append(CellChange(cell, "role", *points))
        elif points[0] != points[1]:
            found.append(CellChange(cell, "points", *points))
    return found


def restructure(gradebook: Gradebook, stage: str, notebook: NotebookNode, version: str) -> Restructured:
    """Give all submissions of ``stage`` the cells that ``notebook`` has, and set aside what others held.

    Points and texts of cells are left to nbgrader's own registration, which comes next. Nothing happens if the cells
    are those already.
    """
    old, new = roles_recorded(gradebook, stage), roles_in(notebook)
    changes = compared(old, new)
    if not changes:
        return Restructured()
    work = _Restructuring(gradebook, gradebook.find_notebook(stage, stage), stage, version)
    work.lock()
    types = {
        cell.metadata.nbgrader.grade_id: cell.cell_type
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    for cell in dict.fromkeys([*old, *new]):
        before, after = old.get(cell, {}), new.get(cell, {})
        for kind in before.keys() - after.keys():
            work.remove(cell, kind)
        for kind in sorted(after.keys() - before.keys()):
            work.add(cell, kind, after[kind], types[cell])
    for change in changes:
        if change.kind == "points":
            work.reweight(change)
    gradebook.db.flush()
    gradebook.db.expire_all()
    return Restructured(tuple(changes), tuple(work.looks))


class _Restructuring:
    """The steps, inside a transaction of the gradebook."""

    def __init__(self, gradebook: Gradebook, notebook: Notebook, stage: str, version: str):
        self.gradebook, self.session, self.notebook = gradebook, gradebook.db, notebook
        self.stage, self.version, self.looks = stage, version, []
        self.now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        _metadata.create_all(self.session.connection())

    def lock(self) -> None:
        """Keep others, such as the formgrader, from grading meanwhile. SQLite has one writer anyway."""
        if self.session.get_bind().dialect.name == "postgresql":
            tables = "submitted_notebook, grade, comment"
            self.session.execute(sa.text(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))

    def remove(self, cell: str, kind: str) -> None:
        """Take a cell away; what submissions hold of it is set aside."""
        recorded = self._recorded(cell, kind)
        for row in _rows_of(kind):
            self._set_aside(row, recorded.id, cell)
        self.session.delete(recorded)
        self.session.flush()

    def add(self, cell: str, kind: str, points: float | None, cell_type: str) -> None:
        """Record a new cell, and an empty grade or comment of it for each submission, or what was set aside."""
        options = {"max_score": points, "cell_type": cell_type} if kind in GRADED else {}
        if kind == "source":
            options = {"cell_type": cell_type}
        made = KINDS[kind](name=cell, notebook=self.notebook, **options)
        self.session.add(made)
        self.session.flush()
        for row in _rows_of(kind):
            self._give_rows(row, made.id, cell)

    def reweight(self, change: CellChange) -> None:
        """Let a person look at the points that a person gave out of others."""
        cell = self._recorded(change.cell, "grade" if change.old is not None else "task")
        query = _with_students(Grade).where(Grade.cell_id == cell.id, Grade.manual_score.is_not(None))
        for grade, student in self.session.execute(query):
            grade.needs_manual_grade = True
            why = f"{grade.manual_score:g} of {change.old:g} points were given by hand, of {change.new:g} now"
            self.looks.append(Look(student, change.cell, why))

    def _recorded(self, cell: str, kind: str) -> Any:
        table = KINDS[kind]
        where = (table.name == cell) & (table.notebook_id == self.notebook.id)
        return self.session.scalars(sa.select(table).where(where)).one()

    def _set_aside(self, row: type[Grade] | type[Comment], cell_id: str, cell: str) -> None:
        kept, log = [], []
        for held, student in self.session.execute(_with_students(row).where(row.cell_id == cell_id)):
            data = {name: getattr(held, name) for name in KEPT[row]}
            about = {"time": self.now, "student": student, "stage": self.stage, "cell": cell}
            kept.append({**about, "row": row.__name__, "version": self.version, "data": json.dumps(data)})
            if row is Grade and held.auto_score is not None:
                reason = f"release {self.version} has no such cell"
                log.append({**about, "old": held.auto_score, "new": None, "reason": reason})
            if row is Grade and held.manual_score is not None:
                why = f"{held.manual_score:g} points given by hand are set aside; the cell is gone"
                self.looks.append(Look(student, cell, why))
        for table, rows in ((SET_ASIDE, kept), (LOG, log)):
            if rows:
                self.session.execute(table.insert(), rows)
        self.session.execute(sa.delete(row).where(row.cell_id == cell_id))

    def _give_rows(self, row: type[Grade] | type[Comment], cell_id: str, cell: str) -> None:
        mine = (
            (SET_ASIDE.c.stage == self.stage) & (SET_ASIDE.c.cell == cell) & (SET_ASIDE.c.row == row.__name__)
        )
        aside = self.session.execute(sa.select(SET_ASIDE).where(mine).order_by(SET_ASIDE.c.id))
        held = {one.student: json.loads(one.data) for one in aside}
        empty = {**dict.fromkeys(KEPT[row]), **({"needs_manual_grade": True} if row is Grade else {})}
        rows = []
        for notebook_id, student in self._submissions():
            data = held.get(student, empty)
            rows.append({"id": new_uuid(), "notebook_id": notebook_id, "cell_id": cell_id, **empty, **data})
            if data.get("manual_score") is not None:
                why = f"{data['manual_score']:g} points given by hand are back, as is the cell"
                self.looks.append(Look(student, cell, why))
        if rows:
            self.session.execute(sa.insert(row.__table__), rows)
        self.session.execute(sa.delete(SET_ASIDE).where(mine))

    def _submissions(self) -> list[tuple[str, str]]:
        """Id of the submitted notebook, and the student."""
        query = (
            sa.select(SubmittedNotebook.id, SubmittedAssignment.student_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .where(SubmittedNotebook.notebook_id == self.notebook.id)
            .order_by(SubmittedAssignment.student_id)
        )
        return [tuple(row) for row in self.session.execute(query)]


def _rows_of(kind: str) -> Iterator[type[Grade] | type[Comment]]:
    """What submissions hold of a cell of this kind."""
    if kind in GRADED:
        yield Grade
    if kind in COMMENTED:
        yield Comment


def _with_students(row: type[Grade] | type[Comment]) -> sa.Select:
    return (
        sa.select(row, SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == row.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .order_by(SubmittedAssignment.student_id)
    )
