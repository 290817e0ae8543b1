"""A course folder with stage 01 released and a class of three: what instructors and students find in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import filled, write
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.grading.released import grade_id_of, is_answer
from bnlab_autograder.grading.run import Outcome
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

STAGE = stage_named("01_forward")
QUESTION = "three_sentences"
MISTAKES = {"hilbert": "train_eps_outside_root", "cantor": "batch_statistics_ddof_one"}


# What hilbert writes instead of three sentences, where HTML is let through in notebooks.
HOSTILE = (
    "My *answer*: $a < b$ <script>window.hacked = 1</script> "
    "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=' onload='window.hacked = 2'>\n\n"
    "<details open ontoggle='window.hacked = 3'><summary>more</summary>\n\nhere\n\n</details>\n\n"
    "[a link](javascript:window.hacked=4)"
)


class Classroom:
    """A course folder, and a judge to grade in it."""

    def __init__(self, folder: Path, pool: LocalPool):
        self.workspace, _ = Workspace.create(folder, course_id="bn")
        self.course = Course(self.workspace)
        self.pool = pool
        build_release(self.workspace, STAGE, "1.0.0")
        self.released = _read(self.workspace.release(STAGE.name))
        self.solved = _read(self.workspace.source(STAGE.name))
        self.mutants = load_bank(assets().mutants)

    @property
    def answers(self) -> dict[str, str]:
        """A right answer to each exercise."""
        return {grade_id_of(cell): cell.source for cell in self.solved.cells if is_answer(cell)}

    def hand_in(self, student: str) -> None:
        """A submission: ada solves everything, noether nothing, the others make mistakes; hilbert attacks readers."""
        if student == "noether":
            notebook = self.released
        else:
            mistake = MISTAKES.get(student)
            notebook = filled(self.released, self.solved, STAGE, self.mutants[mistake] if mistake else None)
        if student == "hilbert":
            next(cell for cell in notebook.cells if grade_id_of(cell) == QUESTION).source = HOSTILE
            notebook.cells.append(new_markdown_cell(HOSTILE))
        write(self.workspace.submitted / student / STAGE.name, STAGE.name, notebook)

    def submitted(self, student: str) -> NotebookNode:
        """What a student has handed in."""
        return _read(self.workspace.submitted / student / STAGE.name)

    def grade(self, students: Iterable[str], **options) -> dict[str, Outcome]:
        """As `bnlab grade` does."""
        outcomes = self.course.grade(STAGE.name, list(students), self.pool, **options)
        return {outcome.student: outcome for outcome in outcomes}

    def for_students(self, folder: Path) -> Path:
        """A student's own copy of the release."""
        return Path(shutil.copytree(self.workspace.release(STAGE.name), folder))


def _read(folder: Path) -> NotebookNode:
    return nbformat.read(folder / f"{STAGE.name}.ipynb", as_version=4)
