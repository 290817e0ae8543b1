"""A release as grading needs it: the notebook that students were given, and the files beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from bnlab_autograder.grading.versions import Versions

MANIFEST = "manifest.json"

FOR_STUDENTS_ONLY = (
    MANIFEST,
    "requirements.txt",
    "README.txt",
    "mistakes.md",
)  # not needed when a notebook runs


class NoRelease(LookupError):
    """There is no usable release; the text names the folder and the next step."""


@dataclass(frozen=True)
class Released:
    """What a stage's students were given."""

    stage: str
    version: str
    notebook: NotebookNode
    files: dict[str, bytes]  # support files, by path relative to the notebook
    others: Versions = field(default_factory=Versions)  # other versions, from which a submission may come
    variant: str | None = None  # its name

    @classmethod
    def load(cls, folder: Path, published: Path | None = None) -> Released:
        """Read the release in ``folder`` (``release/STAGE``), and what was ``published`` before. Raises NoRelease."""
        stage = folder.name
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            notebook = nbformat.read(folder / f"{stage}.ipynb", as_version=4)
        except FileNotFoundError:
            raise NoRelease(
                f"{stage} has not been released in {folder.parent}; run: bnlab release {stage}"
            ) from None
        except (ValueError, OSError) as problem:
            raise NoRelease(
                f"the release in {folder} cannot be read ({problem}); run: bnlab release {stage}"
            ) from None
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in (".ipynb", ".whl") and path.name not in FOR_STUDENTS_ONLY
        }
        version = manifest["version"]
        others = Versions.published(published, but=version) if published is not None else Versions()
        variant = (manifest.get("variant") or {}).get("name")
        return cls(stage, version, notebook, files, others, variant)

    @cached_property
    def by_grade_id(self) -> dict[str, NotebookNode]:
        """The cells that nbgrader knows, by grade_id."""
        return {grade_id_of(cell): cell for cell in self.notebook.cells if grade_id_of(cell)}

    @cached_property
    def exercises(self) -> tuple[str, ...]:
        """The exercises of this release, in order."""
        return tuple(exercise for cell in self.notebook.cells if (exercise := exercise_of(cell)))

    @cached_property
    def points(self) -> dict[str, float]:
        """The most that each graded cell can earn, by grade_id."""
        return {
            name: float(cell.metadata.nbgrader.points)
            for name, cell in self.by_grade_id.items()
            if cell.metadata.nbgrader.get("grade")
        }


def publication_mark(private: Path, stage: str) -> Path:
    """The file that is in a course folder's ``.bnlab`` while a release of a stage is being put in place."""
    return private / f"publishing-{stage}.json"


def grade_id_of(cell: NotebookNode) -> str | None:
    """The name by which nbgrader knows a cell of a release."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def exercise_of(cell: NotebookNode) -> str | None:
    """The exercise that a cell of a release checks, if it is a check cell."""
    marks: dict[str, Any] = cell.metadata.get("nbgrader", {})
    name = marks.get("grade_id", "")
    is_check = cell.cell_type == "code" and marks.get("grade") and not marks.get("solution")
    return name.removeprefix("check_") if is_check and name.startswith("check_") else None


def is_answer(cell: NotebookNode) -> bool:
    """Whether students write into this cell of a release: an exercise's solution, or a written answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Whether this cell of a release may not be changed."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks) and not marks.get("solution") and bool(marks.get("locked") or marks.get("grade"))
