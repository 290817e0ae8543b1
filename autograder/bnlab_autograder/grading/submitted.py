"""Reading what a student handed in: any bytes at all, turned into cells or into a finding. Nothing is executed."""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from bnlab_autograder.grading.findings import Finding

MAX_BYTES = 256 << 20
HARMLESS = {"timestamp.txt", ".DS_Store", "Thumbs.db", "__MACOSX", ".ipynb_checkpoints"}


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as a student left it; only what grading may use."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    id: str | None
    grade_id: str | None
    marks: dict[str, Any]  # the nbgrader metadata, never trusted
    tags: tuple[str, ...]
    outputs: tuple[Any, ...] = ()  # anything at all, only to be shown once it is cleaned


@dataclass(frozen=True)
class Submitted:
    """A submission as it was found. ``cells`` is None if there is nothing that could be read."""

    cells: tuple[SubmittedCell, ...] | None
    findings: tuple[Finding, ...] = ()
    status: str = "ok"  # "ok", "missing" (no notebook) or "unreadable"
    released_version: str | None = None  # the version that the student started from, as the notebook says


class Unreadable(Exception):
    """The notebook cannot be used; the text says why."""


@dataclass
class _Reading:
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, text: str, cell: str | None = None) -> None:
        self.findings.append(Finding(code, text, cell))


def read_submission(folder: Path, stage: str, support_files: frozenset[str] = frozenset()) -> Submitted:
    """The notebook of ``stage`` in a submission folder, whatever state it is in."""
    reading = _Reading()
    path = _find_notebook(folder, stage, reading)
    _note_extra_files(folder, path, support_files, reading)
    if path is None:
        return Submitted(None, tuple(reading.findings), "missing")
    return _read(path, reading)


def read_notebook(path: Path) -> Submitted:
    """A single notebook file."""
    return _read(path, _Reading())


def _read(path: Path, reading: _Reading) -> Submitted:
    try:
        data = _parse(_bytes_of(path), path.name, reading)
        cells = tuple(_cells(data, path.name, reading))
    except Unreadable as problem:
        reading.note("unreadable", f"{path.name} {problem}")
        return Submitted(None, tuple(reading.findings), "unreadable")
    metadata = data.get("metadata")
    origin = metadata.get("bnlab") if isinstance(metadata, dict) else None
    version = origin.get("version") if isinstance(origin, dict) else None
    return Submitted(cells, tuple(reading.findings), "ok", version if isinstance(version, str) else None)


def _find_notebook(folder: Path, stage: str, reading: _Reading) -> Path | None:
    expected = folder / f"{stage}.ipynb"
    if os.path.lexists(expected):
        return expected
    others = sorted(path for path in folder.glob("*.ipynb")) if folder.is_dir() else []
    if len(others) == 1:
        reading.note(
            "renamed",
            f"the notebook is called {others[0].name} instead of {stage}.ipynb; it was graded anyway",
        )
        return others[0]
    if others:
        names = ", ".join(path.name for path in others)
        reading.note(
            "no-notebook",
            f"there is no {stage}.ipynb, and which of {names} is meant is unclear; rename the right one",
        )
    else:
        reading.note("no-notebook", f"there is no {stage}.ipynb in the submission")
    return None


def _note_extra_files(
    folder: Path, notebook: Path | None, support: frozenset[str], reading: _Reading
) -> None:
    """Files beside the notebook are never used: they could stand in for modules."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path == notebook or path.name in HARMLESS or path.suffix == ".ipynb":
            continue
        if path.is_symlink():
            reading.note("link", f"{path.name} is a link; links are not followed")
        elif path.name not in support and path.suffix not in (".whl", ".txt", ".json"):
            reading.note(
                "extra-file", f"{path.name} was handed in beside the notebook; it is not used in grading"
            )


def _bytes_of(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as problem:
        why = "is a link" if problem.errno == errno.ELOOP else f"cannot be opened ({problem.strerror})"
        raise Unreadable(f"{why}; ask for the file itself") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):  # a folder would make fdopen fail
        os.close(descriptor)
        raise Unreadable("is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise Unreadable(f"has {status.st_size >> 20} MB; more than {MAX_BYTES >> 20} MB are not read")
        return file.read(MAX_BYTES + 1)


def _parse(raw: bytes, name: str, reading: _Reading) -> dict[str, Any]:
    if not raw.strip():
        raise Unreadable("is empty")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
        reading.note(
            "encoding", f"{name} is not UTF-8; it was read as Latin-1, so accented letters may be wrong"
        )
    try:
        data = json.loads(text)
    except ValueError as problem:
        where = f" (line {problem.lineno})" if isinstance(problem, json.JSONDecodeError) else ""
        raise Unreadable(f"is not valid JSON{where}; ask the student to save it again in Jupyter") from None
    except RecursionError:
        raise Unreadable("is nested too deeply to be a notebook") from None
    if not isinstance(data, dict):
        raise Unreadable("is JSON, but not a notebook")
    if "worksheets" in data and "cells" not in data:
        try:
            return dict(nbformat.convert(nbformat.from_dict({"nbformat": 3, "nbformat_minor": 0, **data}), 4))
        except Exception as problem:  # nbformat raises whatever the damage makes it raise
            raise Unreadable(
                f"is in an old format that cannot be converted ({type(problem).__name__})"
            ) from None
    if not isinstance(data.get("cells"), list):
        raise Unreadable("is JSON, but not a notebook: it has no list of cells")
    return data


def _cells(data: dict[str, Any], name: str, reading: _Reading) -> list[SubmittedCell]:
    cells = []
    for number, cell in enumerate(data["cells"], start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            reading.note("damaged-cell", f"cell {number} of {name} is damaged and was left out")
            continue
        source = source.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be stored
        metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
        marks = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
        tags = metadata.get("tags") if isinstance(metadata.get("tags"), list) else []
        outputs = cell.get("outputs") if isinstance(cell.get("outputs"), list) else []
        grade_id = marks.get("grade_id")
        cells.append(
            SubmittedCell(
                cell["cell_type"],
                source,
                cell["id"] if isinstance(cell.get("id"), str) else None,
                grade_id if isinstance(grade_id, str) else None,
                marks,
                tuple(tag for tag in tags if isinstance(tag, str)),
                tuple(outputs),
            )
        )
    return cells
