"""What a release consists of, as ``manifest.json`` beside its notebook says it; and how two releases differ."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bnlab_autograder.curriculum import Stage
from bnlab_autograder.grading.released import MANIFEST

SCHEMA, SCHEMA_VERSION = "bnlab-manifest", 1
TOOLS = ("bnlab-staff", "hatchling", "jupytext", "nbconvert", "nbformat", "nbgrader")


@dataclass(frozen=True)
class Cell:
    """A cell of the students' notebook."""

    id: str
    grade_id: str | None
    type: str  # "code" or "markdown"
    role: str  # "setup", "answer", "check", "question" or "given"
    points: float | None
    checksum: str  # of its source


@dataclass(frozen=True)
class Manifest:
    """The contents of one version of a stage. Everything in it may be read by students."""

    stage: str
    title: str
    version: str
    note: str
    seed: str  # the id of the seed of the hidden cases
    points: Mapping[str, float]  # "automatic" and "by_hand"
    cells: tuple[Cell, ...]
    files: Mapping[str, str]  # checksums, by path
    tools: Mapping[str, str]
    variant: Mapping[str, Any] | None = None  # "name", "seed" and "parameters" of its inputs

    @classmethod
    def of(
        cls,
        stage: Stage,
        version: str,
        note: str,
        seed: str,
        notebook: NotebookNode,
        files: Mapping[str, bytes],
        variant: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Describe a students' notebook and all files of its release."""
        cells = cells_of(notebook)
        points = {
            "automatic": sum(cell.points for cell in cells if cell.role == "check"),
            "by_hand": sum(cell.points for cell in cells if cell.role == "question"),
        }
        return cls(
            stage.name,
            stage.title,
            version,
            note,
            seed,
            points,
            cells,
            {name: checksum(raw) for name, raw in sorted(files.items())},
            {"python": platform.python_version(), **{name: version_of(name) for name in TOOLS}},
            variant,
        )

    @classmethod
    def load(cls, folder: Path) -> Manifest | None:
        """The manifest in the folder of a release; None if there is none that can be read."""
        try:
            data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if (data.pop("schema"), data.pop("schema_version")) != (SCHEMA, SCHEMA_VERSION):
                return None
            return cls(**{**data, "cells": tuple(Cell(**cell) for cell in data["cells"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def to_json(self) -> str:
        data = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, **asdict(self)}
        if self.variant is None:
            del data["variant"]
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    @property
    def variant_name(self) -> str | None:
        return self.variant["name"] if self.variant else None

    @property
    def graded(self) -> dict[str, float]:
        """The points of each graded cell, by grade_id."""
        return {
            cell.grade_id: cell.points for cell in self.cells if cell.grade_id and cell.points is not None
        }

    @property
    def known(self) -> dict[str, Cell]:
        """The cells that nbgrader knows, by grade_id."""
        return {cell.grade_id: cell for cell in self.cells if cell.grade_id}


def checksum(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def changes(old: Manifest, new: Manifest) -> list[dict[str, Any]]:
    """What differs between two releases: an object for each cell or file, with a sentence ``text``."""
    found = []
    for name in dict.fromkeys([*old.known, *new.known]):
        before, after = old.known.get(name), new.known.get(name)
        if before is None:
            found.append({"kind": "added", "cell": name, "text": f"the cell {name} is new"})
        elif after is None:
            found.append({"kind": "removed", "cell": name, "text": f"the cell {name} is gone"})
        else:
            if before.points != after.points:
                text = f"{name} is worth {after.points or 0:g} points instead of {before.points or 0:g}"
                found.append(
                    {"kind": "points", "cell": name, "old": before.points, "new": after.points, "text": text}
                )
            if (before.checksum, before.type) != (after.checksum, after.type):
                found.append({"kind": "changed", "cell": name, "text": f"the text of {name} has changed"})
    prose = {cell.id for cell in old.cells if not cell.grade_id} ^ {
        cell.id for cell in new.cells if not cell.grade_id
    }
    if prose:
        found.append({"kind": "prose", "cell": None, "text": "prose or given code has changed"})
    for name in sorted({*old.files, *new.files}):
        notebook = name == f"{new.stage}.ipynb"
        if not notebook and old.files.get(name) != new.files.get(name):
            what = "new" if name not in old.files else "gone" if name not in new.files else "another one"
            found.append({"kind": "file", "file": name, "text": f"{name} is {what}"})
    return found


def cells_of(notebook: NotebookNode) -> tuple[Cell, ...]:
    """What a manifest says about the cells of a students' notebook."""
    return tuple(_cell(cell) for cell in notebook.cells)


def _cell(cell: NotebookNode) -> Cell:
    marks = cell.metadata.get("nbgrader", {})
    grade, solution = marks.get("grade", False), marks.get("solution", False)
    role = (
        "question"
        if grade and solution
        else "check"
        if grade
        else "answer"
        if solution
        else "setup"
        if marks.get("locked")
        else "given"
    )
    points = float(marks["points"]) if grade else None
    return Cell(
        cell.id, marks.get("grade_id"), cell.cell_type, role, points, checksum(cell.source.encode("utf-8"))
    )
