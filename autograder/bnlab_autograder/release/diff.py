"""How two versions of a stage differ: cells, points, prose, visible checks, hidden cases, files."""

from __future__ import annotations

import ast
import difflib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bnlab.upgrade import read_release
from nbformat import NotebookNode, from_dict

from bnlab_autograder.release.manifest import cells_of
from bnlab_autograder.release.publish import Built

ADDED, REMOVED, CHANGED, MOVED, POINTS = "added", "removed", "changed", "moved", "points"
ALIKE = 0.5  # from which two unnamed cells count as one that was changed
CHECKS = "bnlab/checks/"  # in the wheel


@dataclass(frozen=True)
class Version:
    """A version of a stage to be compared."""

    stage: str
    version: str
    note: str
    points: Mapping[str, float]  # "automatic" and "by_hand"
    notebook: NotebookNode
    files: Mapping[str, bytes]
    cases: Mapping[str, Mapping[str, float]] | None  # points of hidden cases; None where they are not known

    @classmethod
    def of(cls, built: Built) -> Version:
        manifest = built.manifest
        return cls(
            built.stage,
            manifest.version,
            manifest.note,
            manifest.points,
            built.notebook,
            built.files,
            built.record.get("cases"),
        )

    @classmethod
    def in_place(cls, place: Path) -> Version:
        """A release as students have it: a folder or a zip. Raises bnlab.upgrade.NotUpgraded."""
        release = read_release(place, None)
        manifest = json.loads(release.files["manifest.json"])
        return cls(
            release.stage,
            release.version,
            manifest.get("note", ""),
            manifest["points"],
            from_dict({**release.notebook, "cells": [_joined(cell) for cell in release.notebook["cells"]]}),
            release.files,
            None,
        )


@dataclass(frozen=True)
class Change:
    """One difference."""

    part: str  # "cell", "check", "case", "library" or "file"
    kind: str  # "added", "removed", "changed", "moved" or "points"
    name: str  # of the cell, the exercise and its check or case, or the file; of an unnamed cell the heading above it
    text: str  # a sentence
    role: str | None = None  # of a cell: "setup", "answer", "check", "question", "prose" or "code"
    old: float | None = None  # points
    new: float | None = None
    lines: tuple[str, ...] = ()  # of a text, as ``diff -u`` shows them


@dataclass(frozen=True)
class Difference:
    """Everything in which two versions differ."""

    old: Version
    new: Version
    changes: tuple[Change, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return {
            **{key: _about(getattr(self, key)) for key in ("old", "new")},
            "changes": [{**asdict(change), "lines": list(change.lines)} for change in self.changes],
        }


def difference(old: Version, new: Version) -> Difference:
    """Compare two versions."""
    found = [*_cells(old, new), *_wheels(old, new), *_cases(old, new), *_files(old, new)]
    return Difference(old, new, tuple(found))


def _about(version: Version) -> dict[str, Any]:
    return {
        "stage": version.stage,
        "version": version.version,
        "note": version.note,
        "points": dict(version.points),
    }


def _joined(cell: dict[str, Any]) -> dict[str, Any]:
    return {**cell, "source": "".join(cell["source"])}


# Cells


@dataclass(frozen=True)
class _Cell:
    key: str  # the same in both versions
    named: bool
    name: str  # grade_id, or the heading above
    role: str
    kind: str
    source: str
    points: float | None

    def __str__(self) -> str:
        if not self.named:
            return f"{'prose' if self.role == 'prose' else 'given code'} in “{self.name}”"
        return self.name if self.role == "check" else f"the {self.role} {self.name}"


def _cells(old: Version, new: Version) -> Iterator[Change]:
    before, after = _read(old.notebook), _read(new.notebook)
    in_old, in_new = {cell.key: cell for cell in before}, {cell.key: cell for cell in after}
    keys = [cell.key for cell in before], [cell.key for cell in after]
    for step, i, j, k, m in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if step == "equal":
            for one, other in zip(before[i:j], after[k:m], strict=True):
                yield from _between(one, other)
            continue
        gone = [cell for cell in before[i:j] if cell.key not in in_new]
        come = [cell for cell in after[k:m] if cell.key not in in_old]
        for cell in after[k:m]:
            if cell.key in in_old:
                yield Change("cell", MOVED, cell.name, f"{cell} stands elsewhere", cell.role)
                yield from _between(in_old[cell.key], cell)
        for one, other in _paired(gone, come):
            if one is None or other is None:
                yield _whole(one or other, ADDED if one is None else REMOVED)
            else:
                yield from _between(one, other)


def _read(notebook: NotebookNode) -> list[_Cell]:
    cells, heading = [], "the beginning"
    for cell, about in zip(notebook.cells, cells_of(notebook), strict=True):
        heading = _heading(cell) or heading
        cells.append(
            _Cell(
                about.grade_id or cell.id,
                about.grade_id is not None,
                about.grade_id or heading,
                about.role if about.grade_id else "code" if cell.cell_type == "code" else "prose",
                cell.cell_type,
                cell.source,
                about.points,
            )
        )
    return cells


def _heading(cell: NotebookNode) -> str | None:
    """The last heading in a cell of prose."""
    if cell.cell_type != "markdown":
        return None
    headings = [line.lstrip("#").strip() for line in cell.source.splitlines() if line.startswith("#")]
    return headings[-1] if headings else None


def _paired(gone: list[_Cell], come: list[_Cell]) -> Iterator[tuple[_Cell | None, _Cell | None]]:
    """Which unnamed cell has become which, in order; None for those that have no partner."""
    free = list(come)
    for one in gone:
        partner = None if one.named else next((other for other in free if _alike(one, other)), None)
        if partner is None:
            yield one, None
            continue
        while free[0] is not partner:
            yield None, free.pop(0)
        yield one, free.pop(0)
    for other in free:
        yield None, other


def _alike(one: _Cell, other: _Cell) -> bool:
    if other.named or one.kind != other.kind:
        return False
    return difflib.SequenceMatcher(None, one.source, other.source, autojunk=False).ratio() >= ALIKE


def _between(one: _Cell, other: _Cell) -> Iterator[Change]:
    if one.points != other.points:
        text = f"{other} is worth {_points(other.points)} instead of {one.points or 0:g}"
        yield Change("cell", POINTS, other.name, text, other.role, one.points, other.points)
    if one.role != other.role:
        text = f"{other.name} is {other.role}, and was {one.role}"
        yield Change("cell", CHANGED, other.name, text, other.role)
    if (one.source, one.kind) != (other.source, other.kind):
        lines = _lines(one.source, other.source)
        yield Change("cell", CHANGED, other.name, f"{other} has changed", other.role, lines=lines)


def _whole(cell: _Cell, kind: str) -> Change:
    points = f", {_points(cell.points)}" if cell.points is not None else ""
    text = f"{cell} is {'new' if kind == ADDED else 'gone'}{points}"
    both = ("", cell.source) if kind == ADDED else (cell.source, "")
    old, new = (None, cell.points) if kind == ADDED else (cell.points, None)
    return Change("cell", kind, cell.name, text, cell.role, old, new, _lines(*both))


def _points(points: float | None) -> str:
    return f"{points or 0:g} point{'' if points == 1 else 's'}"


def _lines(old: str, new: str) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]
    return tuple("…" if line.startswith("@@") else line for line in lines[1:])  # the first says where


# The library in the wheel


def _wheels(old: Version, new: Version) -> Iterator[Change]:
    before, after = _library(old), _library(new)
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        if name.startswith(CHECKS) and name.endswith(".py") and one and other:
            checks = list(_check_changes(one.decode(), other.decode()))
            if checks:
                yield from checks
                continue
        kind = ADDED if one is None else REMOVED if other is None else CHANGED
        yield Change("library", kind, name, f"{name} of the library {_words(kind)}")


def _library(version: Version) -> dict[str, bytes]:
    wheels = [raw for name, raw in version.files.items() if name.endswith(".whl")]
    if not wheels:
        return {}
    with zipfile.ZipFile(io.BytesIO(wheels[0])) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def _check_changes(old: str, new: str) -> Iterator[Change]:
    """Which checks of which exercises differ between two versions of a module of visible checks."""
    before, after = _checks(old), _checks(new)
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            kind = ADDED if key not in before else REMOVED if key not in after else CHANGED
            exercise, title = key
            name = f"{exercise}: {title}" if title else exercise
            yield Change("check", kind, name, f"the visible check {name} {_words(kind)}")


def _checks(source: str) -> dict[tuple[str, str], str]:
    """What a module holds: ``@exercise.kind("title")`` functions by exercise and title, and the rest by name."""
    found = {}
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(
                decorator_list=[
                    ast.Call(
                        func=ast.Attribute(value=ast.Name(id=exercise)), args=[ast.Constant(value=title)]
                    )
                ]
            ):
                found[exercise, str(title)] = ast.dump(node)
            case (
                ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)])
            ):
                found[name, ""] = ast.dump(node)
    return found


# Hidden cases, files


def _cases(old: Version, new: Version) -> Iterator[Change]:
    if old.cases is None or new.cases is None:
        return
    before, after = (
        {(e, c): p for e, cases in v.cases.items() for c, p in cases.items()} for v in (old, new)
    )
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        name = ".".join(key)
        kind = ADDED if one is None else REMOVED if other is None else POINTS
        worth = f"is worth {_points(other)} instead of {one:g}" if kind == POINTS else _words(kind)
        yield Change("case", kind, name, f"the hidden case {name} {worth}", old=one, new=other)


def _files(old: Version, new: Version) -> Iterator[Change]:
    for name in sorted({*old.files, *new.files} - {"manifest.json", f"{new.stage}.ipynb"}):
        one, other = old.files.get(name), new.files.get(name)
        if one == other or name.endswith(".whl") or (one and other and _same_but_numbers(one, other)):
            continue
        kind = ADDED if one is None else REMOVED if other is None else CHANGED
        lines = ()
        if one and other and name.endswith((".py", ".md", ".txt")):
            lines = _lines(one.decode("utf-8", "replace"), other.decode("utf-8", "replace"))
        yield Change("file", kind, name, f"{name} {_words(kind)}", lines=lines)


def _same_but_numbers(one: bytes, other: bytes) -> bool:
    """Whether two texts differ only in the numbers of the release and of its wheel, as those made by a build do."""
    plain = [re.sub(rb"release \d+\.\d+\.\d+|=+|bnlab-[\w.+-]+\.whl", b"", text) for text in (one, other)]
    return plain[0] == plain[1]


def _words(kind: str) -> str:
    return {ADDED: "is new", REMOVED: "is gone", CHANGED: "has changed"}[kind]
