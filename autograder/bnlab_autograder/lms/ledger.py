"""The ledger of receipts: a line of JSON for every submission that was collected, in ``.bnlab/receipts.jsonl``.

Lines are only added. A crash can cut the last one at most; such a line is passed over, and the next begins after it.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bnlab_autograder.grading.course import Course
    from bnlab_autograder.workspace import Workspace

FILE = "receipts.jsonl"
MOMENTS = ("submitted_at", "collected_at")


@dataclass(frozen=True)
class Receipt:
    """One notebook of a student, as it was collected.

    ``attempt`` counts the different notebooks of the student for this stage, as the system does or else as they were
    collected. ``folder`` and ``original_name`` are the names in the download.
    ``late`` is None where nothing tells. ``number`` is by what the system counts submissions or files. ``counts`` is
    false for a submission that was older than the one in place, and was kept aside.
    """

    stage: str
    student_id: str
    sha256: str
    submitted_at: datetime.datetime | None
    collected_at: datetime.datetime
    source: str  # "canvas", "moodle", "gradescope" or "folder"
    original_name: str
    late: bool | None
    attempt: int
    folder: str = ""
    lms_ids: Mapping[str, str] = field(default_factory=dict, hash=False)
    number: str = ""
    counts: bool = True

    def to_dict(self) -> dict[str, Any]:
        data = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        data["lms_ids"] = dict(self.lms_ids)
        for name in MOMENTS:
            data[name] = data[name].isoformat() if data[name] else None
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Receipt:
        known = {one.name: data[one.name] for one in dataclasses.fields(cls) if one.name in data}
        for name in MOMENTS:
            known[name] = datetime.datetime.fromisoformat(known[name]) if known.get(name) else None
        return cls(**known)


def receipts(course: Course | Workspace, stage: str) -> dict[str, Receipt]:
    """The receipt of every student's present submission to ``stage``."""
    return {one.student_id: one for one in all_receipts(course, stage) if one.counts}


def all_receipts(course: Course | Workspace, stage: str | None = None) -> list[Receipt]:
    """All that were ever given, in the order of collecting."""
    return [one for one in _read(_path(course)) if stage in (None, one.stage)]


def add(course: Course | Workspace, new: Iterable[Receipt]) -> None:
    """Add receipts; they are on disk when this returns."""
    lines = [json.dumps(one.to_dict(), ensure_ascii=False) + "\n" for one in new]
    if not lines:
        return
    path = _path(course)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        cut = size > 0 and file.read(1) != b"\n"
        raw = ("\n" if cut else "").encode() + "".join(lines).encode("utf-8")
        while raw:
            raw = raw[file.write(raw) :]
        os.fsync(file.fileno())


def _path(course: Course | Workspace) -> Path:
    return getattr(course, "workspace", course).private / FILE


def _read(path: Path) -> Iterator[Receipt]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return
    for line in raw.split(b"\n"):
        try:
            yield Receipt.from_dict(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue  # what a crash has left of a line
