"""The solved notebook of a stage, for publication once nobody can hand in any more.

It is the instructor's notebook of the version that students were given, without nbgrader's marks, so that it is no
submission; of written questions it has the model answers, not the rubrics, which are for graders.
"""

from __future__ import annotations

import copy
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.released import MANIFEST
from bnlab_autograder.release.answers import BEGIN, END
from bnlab_autograder.release.generate import closed, due_dates, extended_until
from bnlab_autograder.release.manifest import Manifest
from bnlab_autograder.release.publish import Built, Refused, number, published_versions, write_files
from bnlab_autograder.workspace import Workspace

CELL_SECONDS = 600  # of a cell, at full length

_RUBRIC = re.compile(r"^\*\*Rubric\.\*\*.*", re.MULTILINE | re.DOTALL)
_MARKS = re.compile(rf"^[ \t]*(?:{re.escape(BEGIN)}|{re.escape(END)})[ \t]*\n?", re.MULTILINE)


class NotExecuted(RuntimeError):
    """The solved notebook does not run here; the text says where it stopped."""


@dataclass(frozen=True)
class Solved:
    """A solved notebook, written."""

    stage: str
    version: str
    path: Path
    executed: bool
    forced: tuple[str, ...]  # why it would have been refused


def released_version(workspace: Workspace, stage: str) -> Built:
    """The version of ``stage`` that students have now, and its instructor's notebook. Raises Refused."""
    if not (workspace.release(stage) / MANIFEST).is_file():
        raise Refused(f"{stage} has not been released in {workspace.root}; run: bnlab release {stage}")
    return Built.load(workspace, stage, _version_in(workspace, stage))


def reasons_to_wait(course: Course, stage: str) -> Iterator[str]:
    """Why the answers to ``stage`` should not be public yet, a sentence each."""
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        due = due_dates(gradebook, [stage]).get(stage)
        extended = extended_until(gradebook, stage, due, course.extensions) if due is not None else {}
    if due is None:
        yield f"{stage} has no due date, so it can be handed in for ever"
        return
    if not closed(due):
        yield f"{stage} can be handed in until {due:%Y-%m-%d %H:%M} UTC"
    for student, until in extended.items():
        yield f"{student} has an extension until {until:%Y-%m-%d %H:%M} UTC"
    newest = max(published_versions(course.workspace, stage), key=number, default=None)
    present = _version_in(course.workspace, stage)
    if newest is not None and number(newest) > number(present):
        yield f"version {newest} was published, but {present} is in place; run: bnlab release {stage}"


def write_solved(course: Course, stage: str, place: Path | None, *, execute: bool, force: bool) -> Solved:
    """Write the solved notebook to ``place``, or ``solutions/STAGE/``. Raises Refused or NotExecuted."""
    built = released_version(course.workspace, stage)
    reasons = tuple(reasons_to_wait(course, stage))
    if reasons and not force:
        raise Refused(
            f"the answers are not for everybody yet: {'; '.join(reasons)}. Wait, set the due date "
            f"(bnlab release {stage} --due 2027-01-31T23:59), or add --force"
        )
    notebook = solved(nbformat.reads(built.instructor.decode("utf-8"), as_version=4))
    if execute:
        executed(notebook, built.files)
    path = place or course.root / "solutions" / stage / f"{stage}-solved.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
    return Solved(stage, built.manifest.version, path, execute, reasons)


def solved(instructor: NotebookNode) -> NotebookNode:
    """An instructor's notebook as students may read it afterwards."""
    notebook = copy.deepcopy(instructor)
    for cell in notebook.cells:
        marks = cell.metadata.pop("nbgrader", {})
        if marks.get("solution"):
            source = _RUBRIC.sub("", cell.source) if cell.cell_type == "markdown" else cell.source
            cell.source = _MARKS.sub("", source).strip()
    notebook.metadata.bnlab.solved = True
    return notebook


def executed(notebook: NotebookNode, files: Mapping[str, bytes]) -> None:
    """Run a notebook at full length beside the files that students have, and keep its outputs. Raises NotExecuted."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory(prefix="bnlab-solved-") as folder:
        write_files(Path(folder), files)
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        before = os.environ.pop("BNLAB_GRADED", None)
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as problem:
            last = str(problem).strip().splitlines()[-1]
            raise NotExecuted(f"the solved notebook does not run here: {last}") from None
        finally:
            if before is not None:
                os.environ["BNLAB_GRADED"] = before


def _version_in(workspace: Workspace, stage: str) -> str:
    manifest = Manifest.load(workspace.release(stage))
    if manifest is None:
        raise Refused(f"the release in {workspace.release(stage)} is damaged; run: bnlab release {stage}")
    return manifest.version
