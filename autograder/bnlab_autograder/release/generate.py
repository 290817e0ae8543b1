"""nbgrader's part in a release: the students' version of a notebook, and the gradebook's record of its cells."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from bnlab_autograder.grading.extensions import Extensions
from bnlab_autograder.workspace import Workspace


class NotGenerated(RuntimeError):
    """nbgrader refused a notebook; the text says why."""


def students_version(workspace: Workspace, stage: str, scratch: Path) -> NotebookNode:
    """What ``nbgrader generate_assignment`` makes of ``scratch/source/STAGE``, with the course's configuration.

    Writes ``scratch/release/STAGE``, support files included. ``scratch`` lies below the course folder. The gradebook
    is not touched.
    """
    config = Config(nbgrader_config(workspace))
    config.SaveCells.enabled = False
    inside = scratch.relative_to(workspace.root)
    directory = CourseDirectory(
        config=config,
        root=str(workspace.root),
        source_directory=str(inside / "source"),
        release_directory=str(inside / "release"),
        assignment_id=stage,
        db_url="sqlite:///:memory:",
    )
    try:
        GenerateAssignment(coursedir=directory, config=config, no_database=True).start()
    except NbGraderException as problem:
        raise NotGenerated(f"nbgrader cannot make the students' version of {stage}: {problem}") from problem
    return nbformat.read(scratch / "release" / stage / f"{stage}.ipynb", as_version=4)


def nbgrader_config(workspace: Workspace) -> Config:
    """The configuration in ``nbgrader_config.py``."""
    return PyFileConfigLoader(workspace.nbgrader_config.name, path=str(workspace.root)).load_config()


def submission_count(gradebook: Gradebook, stage: str) -> int:
    """How many submissions to ``stage`` the gradebook knows."""
    try:
        return len(gradebook.find_notebook(stage, stage).submissions)
    except MissingEntry:
        return 0


def recorded_cells(gradebook: Gradebook, stage: str) -> tuple[set[str], dict[str, float]]:
    """The cells of ``stage`` that the gradebook knows, and the points of the graded ones, by grade_id."""
    try:
        notebook = gradebook.find_notebook(stage, stage)
    except MissingEntry:
        return set(), {}
    return {cell.name for cell in notebook.source_cells}, {c.name: c.max_score for c in notebook.grade_cells}


def due_dates(gradebook: Gradebook, stages: Iterable[str]) -> dict[str, datetime.datetime | None]:
    """Until when each of the stages that the gradebook knows can be handed in, in UTC; None: for ever."""
    known = {assignment.name: assignment.duedate for assignment in gradebook.assignments}
    return {stage: known[stage] for stage in stages if stage in known}


def closed(due: datetime.datetime | None) -> bool:
    """Whether a due date of the gradebook has passed."""
    return due is not None and due <= datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def extended_until(
    gradebook: Gradebook, stage: str, due: datetime.datetime, extensions: Extensions
) -> dict[str, datetime.datetime]:
    """Until when those students may hand in ``stage`` who can still do so thanks to an extension; UTC, by student."""
    granted = {
        one.student_id: one.extension for one in gradebook.assignment_submissions(stage) if one.extension
    }
    granted |= {one.student: one.length(due) for one in extensions.values() if one.stage == stage}
    return {who: due + more for who, more in sorted(granted.items()) if not closed(due + more)}


def set_due(gradebook: Gradebook, stage: str, due: datetime.datetime) -> None:
    """Record a due date; the gradebook holds UTC."""
    utc = due.astimezone(datetime.UTC).replace(tzinfo=None)
    gradebook.update_or_create_assignment(stage, duedate=utc)


def register(gradebook: Gradebook, stage: str, notebook: NotebookNode) -> None:
    """Record assignment, notebook and cells as ``nbgrader generate_assignment`` does, but in this transaction.

    nbgrader's own preprocessor does it; only that it would open the gradebook by itself.
    """
    gradebook.update_or_create_assignment(stage)
    saving = SaveCells()
    saving.gradebook, saving.notebook_id, saving.assignment_id = gradebook, stage, stage
    saving.new_grade_cells, saving.new_solution_cells = {}, {}
    saving.new_task_cells, saving.new_source_cells = {}, {}
    for index, cell in enumerate(notebook.cells):
        saving.preprocess_cell(cell, {}, index)
    saving._create_notebook(notebook)
