"""Submissions of a made-up class: right ones, odd ones, known mistakes, and everything that breaks graders."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from bnlab_autograder.curriculum import Stage
from bnlab_autograder.diagnosis.bank import Entry
from bnlab_autograder.grading.released import grade_id_of, is_answer

WRITTEN = "I ran the experiment again with other seeds: the effect stays, its size changes by a tenth."


def filled(
    release: NotebookNode, solved: NotebookNode, stage: Stage, entry: Entry | None = None
) -> NotebookNode:
    """The released notebook with answers: those of ``solved``, and those of a module of the bank where it has any."""
    notebook = copy.deepcopy(release)
    answers = {grade_id_of(cell): cell.source for cell in solved.cells if is_answer(cell)}
    own = definitions(entry) if entry is not None else {}
    exercises = [name for name in stage.exercises if name in own]
    beside = "\n\n\n".join(source for name, source in own.items() if name not in stage.exercises)
    for cell in notebook.cells:
        name = grade_id_of(cell)
        if not is_answer(cell):
            continue
        if cell.cell_type == "markdown":
            cell.source = WRITTEN
        elif name in own:
            cell.source = f"{beside}\n\n\n{own[name]}".strip() if name == exercises[0] else own[name]
        else:
            cell.source = answers[name]
    return notebook


def definitions(entry: Entry) -> dict[str, str]:
    """The source of everything that a module of the bank defines, by name; imports stand under ``import``."""
    found: dict[str, str] = {}
    imports = []
    for node in ast.parse(entry.source).body:
        segment = ast.get_source_segment(entry.source, node) or ""
        match node:
            case ast.Import() | ast.ImportFrom():
                if "bnlab_solutions" not in segment:
                    imports.append(segment)
            case (
                ast.FunctionDef(name=name, decorator_list=marks)
                | ast.ClassDef(name=name, decorator_list=marks)
            ):
                found[name] = "\n".join([*(f"@{ast.unparse(mark)}" for mark in marks), segment])
            case ast.Assign(targets=[ast.Name(id=name)]) if name in entry.changed:
                found[name] = segment
    return {"import": "\n".join(imports), **found} if imports else found


@dataclass(frozen=True)
class Breakage:
    """A way in which submissions break graders: ``write`` puts one of a solved notebook into a folder."""

    name: str
    write: Callable[[Path, str, NotebookNode], None]


def write(folder: Path, stage: str, notebook: NotebookNode) -> None:
    """An ordinary submission."""
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{stage}.ipynb")


def _bad_json(folder: Path, stage: str, notebook: NotebookNode) -> None:
    write(folder, stage, notebook)
    path = folder / f"{stage}.ipynb"
    path.write_text(path.read_text(encoding="utf-8")[:-2000], encoding="utf-8")


def _missing_cell(folder: Path, stage: str, notebook: NotebookNode) -> None:
    first = next(k for k, cell in enumerate(notebook.cells) if is_answer(cell))
    del notebook.cells[first]
    write(folder, stage, notebook)


def _duplicated_cell(folder: Path, stage: str, notebook: NotebookNode) -> None:
    first = next(k for k, cell in enumerate(notebook.cells) if is_answer(cell))
    twin = copy.deepcopy(notebook.cells[first])
    twin.id = "pasted"
    twin.source = "# an earlier attempt\n" + twin.source
    notebook.cells.insert(first + 1, twin)
    write(folder, stage, notebook)


def _changed_metadata(folder: Path, stage: str, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if (grade_id_of(cell) or "").startswith("check_"):
            cell.metadata.nbgrader.points = 100
            cell.metadata.nbgrader.schema_version = 2
            cell.metadata.tags = ["skip-execution"]
    write(folder, stage, notebook)


def _infinite_loop(folder: Path, stage: str, notebook: NotebookNode) -> None:
    notebook.cells.append(new_code_cell("while True:\n    pass"))
    write(folder, stage, notebook)


def _process_ends(folder: Path, stage: str, notebook: NotebookNode) -> None:
    first = next(k for k, cell in enumerate(notebook.cells) if is_answer(cell))
    notebook.cells.insert(first, new_code_cell("import os\n\nos._exit(0)"))
    write(folder, stage, notebook)


def _no_notebook(folder: Path, stage: str, notebook: NotebookNode) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "solution.txt").write_text("I could not save my notebook.\n", encoding="utf-8")


def _renamed(folder: Path, stage: str, notebook: NotebookNode) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{stage} (1) final.ipynb")


def _shadowing_module(folder: Path, stage: str, notebook: NotebookNode) -> None:
    write(folder, stage, notebook)
    (folder / "numpy.py").write_text("raise SystemExit('not the real one')\n", encoding="utf-8")


def _old_encoding(folder: Path, stage: str, notebook: NotebookNode) -> None:
    first = next(cell for cell in notebook.cells if is_answer(cell))
    first.source += "\n# naïve, but it works"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, ensure_ascii=False)
    (folder / f"{stage}.ipynb").write_bytes(text.encode("cp1252", "replace"))


BREAKAGES = (
    Breakage("bad JSON", _bad_json),
    Breakage("missing cell", _missing_cell),
    Breakage("duplicated cell", _duplicated_cell),
    Breakage("changed metadata", _changed_metadata),
    Breakage("infinite loop", _infinite_loop),
    Breakage("process ends itself", _process_ends),
    Breakage("no notebook", _no_notebook),
    Breakage("renamed notebook", _renamed),
    Breakage("shadowing module", _shadowing_module),
    Breakage("not UTF-8", _old_encoding),
)
