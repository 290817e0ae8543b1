"""Tamperings with a half-solved notebook: metadata, points, cells, files beside it, the file itself."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cells.attack import SOLVED

Notebook = dict[str, Any]
FULL = "def batchnorm_train(x, gamma, beta, eps):\n    return gamma * 0 + 12.0\n"


@dataclass(frozen=True)
class Tampering:
    """A notebook that is not as it was handed out.

    Attributes
    ----------
    goal : str
        What its author wants.
    write : callable
        Takes the submission's folder, the name of the notebook, the half-solved notebook, and the course folder.
    finding : str or None
        The code of the finding that instructors must see; None if there is nothing to tell.
    earns : float
        What the submission deserves.
    """

    name: str
    goal: str
    write: Callable[[Path, str, Notebook, Path], None]
    finding: str | None
    earns: float = SOLVED


TAMPERINGS: list[Tampering] = []


def tampering(goal: str, finding: str | None, earns: float = SOLVED) -> Callable:
    """Put a function that changes a notebook in place into the table."""

    def add(change: Callable[[Notebook], None]) -> Callable:
        def write(folder: Path, name: str, notebook: Notebook, course: Path) -> None:
            change(notebook)
            (folder / name).write_text(json.dumps(notebook))

        TAMPERINGS.append(Tampering(change.__name__, goal, write, finding, earns))
        return change

    return add


def with_files(goal: str, finding: str | None, earns: float = SOLVED) -> Callable:
    """Put a function that writes a submission's folder into the table."""

    def add(write: Callable[[Path, str, Notebook, Path], None]) -> Callable:
        TAMPERINGS.append(Tampering(write.__name__, goal, write, finding, earns))
        return write

    return add


def marked(notebook: Notebook) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The cells that nbgrader knows, and what it knows of them."""
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader")
        if marks:
            yield cell, marks


def cell_called(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    return next(cell for cell, marks in marked(notebook) if marks["grade_id"] == grade_id)


def code(source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


# Metadata


@tampering("earn more points per cell", "metadata")
def more_points(notebook):
    for _, marks in marked(notebook):
        if marks.get("grade"):
            marks["points"] = 100


@tampering("earn points that are no number", "metadata")
def odd_points(notebook):
    for (_, marks), points in zip(marked(notebook), (1e308, "12", -4, None, [12], True), strict=False):
        marks["points"] = points


@tampering("have checks skipped", "tags")
def skipped_checks(notebook):
    for cell, _ in marked(notebook):
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove_cell"]


@tampering("have a check count as an answer to be graded by hand", "metadata")
def checks_as_answers(notebook):
    for _, marks in marked(notebook):
        if marks["grade_id"].startswith("check_"):
            marks.update(solution=True, locked=False, task=True)


@tampering("have cells not graded at all", "metadata")
def no_grades(notebook):
    for _, marks in marked(notebook):
        marks.update(grade=False, solution=False)


@tampering("break the run of the whole class by an unknown schema", "metadata")
def other_schema(notebook):
    for (_, marks), version in zip(marked(notebook), (2, 99, "3", None, -1), strict=False):
        marks["schema_version"] = version


@tampering("lose the labels of all cells", "unlabelled-cell")
def no_labels(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


@tampering("have one exercise's answer count for the other", "duplicated-cell", earns=0.0)
def swapped_labels(notebook):
    for _, marks in list(marked(notebook)):
        if marks["grade_id"] == "batchnorm_train":
            marks["grade_id"] = "batch_statistics"
    notebook["cells"].sort(key=lambda cell: cell["metadata"].get("nbgrader", {}).get("points", 99))
    cell_called(notebook, "batch_statistics")["source"] = "pass"


@tampering("pass metadata of the wrong kind", None)
def metadata_of_another_kind(notebook):
    notebook["metadata"] = {"kernelspec": [], "language_info": 7, "bnlab": "mine", "celltoolbar": {"a": None}}


@tampering("choose the program that runs the cells", None)
def own_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "bash", "language": "bash", "display_name": "../../bin/sh"}
    notebook["metadata"]["language_info"] = {"name": "bash", "version": "$(touch /tmp/x)"}


@tampering("forge BNLab's own marks: role, version, findings, a fingerprint", "other-version")
def forged_marks(notebook):
    notebook["metadata"]["bnlab"] = {
        "version": "99.0.0",
        "findings": [],
        "status": "ok",
        "fingerprint": "0" * 64,
    }
    for cell in notebook["cells"]:
        cell["metadata"]["bnlab"] = {"role": "given"}


# Cells


@tampering("have a check that passes", "locked-cell")
def emptied_checks(notebook):
    for name in ("check_batch_statistics", "check_batchnorm_train"):
        cell_called(notebook, name)["source"] = "12.0"


@tampering("have a check that answers", "locked-cell")
def solved_by_the_check(notebook):
    cell_called(notebook, "check_batchnorm_train")["source"] = FULL


@tampering("have checks that are no code", "retyped-cell")
def retyped_checks(notebook):
    for name, kind in (("check_batch_statistics", "markdown"), ("check_batchnorm_train", "raw")):
        cell = cell_called(notebook, name)
        cell["cell_type"] = kind
        cell.pop("outputs", None), cell.pop("execution_count", None)


@tampering("leave out the check", "missing-cell")
def deleted_check(notebook):
    notebook["cells"].remove(cell_called(notebook, "check_batchnorm_train"))


@tampering("leave out the answer, too", "missing-cell", earns=0.0)
def deleted_everything(notebook):
    notebook["cells"].clear()


@tampering("have another check before the real one", "duplicated-cell")
def duplicated_checks(notebook):
    twin = copy.deepcopy(cell_called(notebook, "check_batchnorm_train"))
    twin.update(id="twin", source="12.0")
    notebook["cells"].insert(0, twin)


@tampering("define answers several times and hope for the best", "duplicated-cell")
def many_duplicates(notebook):
    twin = copy.deepcopy(cell_called(notebook, "batchnorm_train"))
    for k in range(300):
        notebook["cells"].append({**twin, "id": f"twin{k}", "source": FULL + f"# {k}"})


@tampering("pass a cell of one's own for a graded one", None)
def own_graded_cell(notebook):
    marks = {
        "grade_id": "bonus",
        "grade": True,
        "points": 50,
        "solution": False,
        "locked": True,
        "schema_version": 3,
    }
    notebook["cells"].append(code("50.0", nbgrader=marks))


@tampering("run checks before the answers are broken", None)
def another_order(notebook):
    notebook["cells"].reverse()


@tampering("change the set-up", "locked-cell")
def own_set_up(notebook):
    first = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    first["source"] = "from types import SimpleNamespace as np\ncheck = lambda *_, **__: 12.0\n"


@tampering("hand in the outputs of a notebook in which all is well", None)
def forged_outputs(notebook):
    for cell, _ in marked(notebook):
        if cell["cell_type"] == "code":
            html = "<b>8 of 8 points</b><script>fetch('/formgrader')</script>"
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "12.0", "text/html": html}, "metadata": {},
                 "execution_count": 1},
                {"output_type": "display_data", "data": {"text/html": html}, "metadata": {"bnlab": "hidden cases"}},
            ]  # fmt: skip
            cell["execution_count"] = 1


@tampering("have outputs that no program can hold", None)
def odd_outputs(notebook):
    cell_called(notebook, "check_batchnorm_train")["outputs"] = [7, None, {"output_type": ["x"]}, [[]] * 1000]


@tampering("mark cells by ids that are not theirs, or no ids", None)
def odd_ids(notebook):
    for k, cell in enumerate(notebook["cells"]):
        cell["id"] = (None, 7, "x" * 9999, "../../etc", "same", "same")[k % 6]


@tampering("stop the reader by cells that are none", "damaged-cell")
def cells_that_are_none(notebook):
    notebook["cells"][1:1] = [None, 7, "cell", [], {}, {"cell_type": "code"}, {"cell_type": {}, "source": 1}]


# The file, and files beside it


@with_files("have another student's work graded", "unreadable", earns=0.0)
def link_to_another_submission(folder, name, notebook, course):
    (folder / name).symlink_to(course / "submitted" / "victim" / "01_forward" / name)


@with_files("have the solution graded", "unreadable", earns=0.0)
def link_to_the_solution(folder, name, notebook, course):
    (folder / name).symlink_to(course / "source" / "01_forward" / name)


@with_files("hold the grader up", "unreadable", earns=0.0)
def pipe(folder, name, notebook, course):
    os.mkfifo(folder / name)


@with_files("have the grader read a folder", "unreadable", earns=0.0)
def folder_instead(folder, name, notebook, course):
    (folder / name).mkdir()


@with_files("break the reader by depth", "unreadable", earns=0.0)
def deep(folder, name, notebook, course):
    (folder / name).write_text('{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}")


@with_files("break the reader by a file that is larger than can be read", "unreadable", earns=0.0)
def huge(folder, name, notebook, course):
    with (folder / name).open("wb") as file:
        file.truncate(1 << 40)


@with_files("have numbers of a million digits, keys twice, and half letters read", None)
def odd_json(folder, name, notebook, course):
    text = json.dumps(notebook)
    (folder / name).write_text('{"cells": [], "x": "\\ud800", "y": 1e999, "nbformat": 4, ' + text[1:])


@with_files("have modules of one's own imported instead of NumPy and of the grader", "extra-file")
def shadowing_modules(folder, name, notebook, course):
    (folder / name).write_text(json.dumps(notebook))
    for module in (
        "numpy",
        "bnlab",
        "previous_stages",
        "ipykernel_launcher",
        "sitecustomize",
        "conftest",
        "sandbox",
    ):
        (folder / f"{module}.py").write_text("raise SystemExit('taken over')\n")


@with_files("have links beside the notebook lead into the course folder", "link")
def links_beside_it(folder, name, notebook, course):
    (folder / name).write_text(json.dumps(notebook))
    (folder / "course").symlink_to(course)
    (folder / "secret.txt").symlink_to(course / ".bnlab" / "secret")


@with_files("configure nbgrader, pytest and IPython from the submission", "extra-file")
def configuration(folder, name, notebook, course):
    (folder / name).write_text(json.dumps(notebook))
    for file in ("nbgrader_config.py", "jupyter_config.py", "ipython_config.py", "pytest.ini", "bnlab.toml"):
        (folder / file).write_text("raise SystemExit\n")
    (folder / ".ipython" / "profile_default" / "startup").mkdir(parents=True)
    (folder / ".ipython" / "profile_default" / "startup" / "00.py").write_text("raise SystemExit\n")


@with_files("hand in at a time that never was", None)
def forged_time(folder, name, notebook, course):
    (folder / name).write_text(json.dumps(notebook))
    (folder / "timestamp.txt").write_text("9" * 100_000 + "-01-01 00:00:00 UTC")
