"""Extensions: who may hand in a stage later than the others.

They stand in ``extensions.csv`` beside ``nbgrader_config.py``, also those of students who have handed in nothing yet::

    student_id,stage,until,days,reason
    ada,02_train_test,2027-01-15T18:00+01:00,,illness
    bob,02_train_test,,7,

A line has either ``until`` or ``days`` (after the due date). A date without a time lasts until its end, a time without
an offset is that of this machine. Grading puts what is written here into nbgrader's own field of the submission, so
that its plugins for late penalties, and formgrader, see it.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlab_autograder.curriculum import stage_named

FILE = "extensions.csv"
COLUMNS = ("student_id", "stage", "until", "days", "reason")
NEEDED = ("student_id", "stage")
DELIMITERS = ",;\t"
END_OF_DAY = datetime.time(23, 59, 59)
MOST_DAYS = 3660


class ExtensionsProblem(ValueError):
    """The list of extensions cannot be used; the text names file and line."""


@dataclass(frozen=True)
class Extension:
    """More time for one student and stage: until a moment, or for some days after the due date."""

    student: str
    stage: str
    until: datetime.datetime | None = None  # with its offset
    days: float | None = None
    reason: str = ""

    def length(self, due: datetime.datetime) -> datetime.timedelta:
        """How much it adds to a due date of the gradebook (UTC, without offset); never less than nothing."""
        if self.days is not None:
            return datetime.timedelta(days=self.days)
        return max(self.until.astimezone(datetime.UTC).replace(tzinfo=None) - due, datetime.timedelta())

    def to_dict(self) -> dict[str, Any]:
        return {
            "student": self.student,
            "stage": self.stage,
            "until": self.until.isoformat() if self.until else None,
            "days": self.days,
            "reason": self.reason,
        }


Extensions = Mapping[tuple[str, str], Extension]  # by student and stage


def read_extensions(path: Path) -> dict[tuple[str, str], Extension]:
    """What the file says; nothing if there is none. Raises ExtensionsProblem."""
    found: dict[tuple[str, str], Extension] = {}
    for line, row in _Table.read(path).entries():
        extension = _extension(row, f"{path}, line {line}")
        key = extension.student, extension.stage
        if key in found:
            raise ExtensionsProblem(
                f"{path}, line {line}: {key[0]} has an extension of {key[1]} above already; remove one of the two"
            )
        found[key] = extension
    return found


def write_extension(path: Path, extension: Extension) -> None:
    """Add an extension to the file, in place of an earlier one. All other lines stay as they are."""
    table = _Table.read(path)
    read_extensions(path)  # what is damaged is not written over
    table.remove(extension.student, extension.stage)
    until = extension.until.isoformat(timespec="seconds") if extension.until else ""
    days = "" if extension.days is None else f"{extension.days:g}"
    values = (extension.student, extension.stage, until, days, extension.reason)
    table.add(dict(zip(COLUMNS, values, strict=True)))
    table.write(path)


def remove_extension(path: Path, student: str, stage: str) -> bool:
    """Take an extension out of the file; False if there was none."""
    table = _Table.read(path)
    removed = table.remove(student, stage)
    if removed:
        table.write(path)
    return removed


def moment(text: str) -> datetime.datetime:
    """A moment from ``2027-01-15``, which lasts until its end, or ``2027-01-15T18:00``, perhaps with an offset."""
    text = text.strip()
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return datetime.datetime.fromisoformat(text).astimezone()
    return datetime.datetime.combine(day, END_OF_DAY).astimezone()


@dataclass
class _Table:
    """The file as rows of text, with columns of others in it as well."""

    header: list[str]
    rows: list[tuple[int, list[str]]]  # with their lines
    delimiter: str = ","

    @classmethod
    def read(cls, path: Path) -> _Table:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return cls(list(COLUMNS), [])
        except (OSError, UnicodeDecodeError) as problem:
            raise ExtensionsProblem(f"{path} cannot be read ({problem}); save it as CSV in UTF-8") from None
        first = text.partition("\n")[0]
        delimiter = max(DELIMITERS, key=first.count)
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
        except csv.Error as problem:
            raise ExtensionsProblem(f"{path}, line {reader.line_num}: {problem}") from None
        if not rows:
            return cls(list(COLUMNS), [])
        header = [name.strip().casefold() for name in rows[0][1]]
        missing = [name for name in NEEDED if name not in header]
        if missing or not {"until", "days"} & set(header):
            raise ExtensionsProblem(
                f"{path}, line 1: a column {(missing or ['until'])[0]} is missing; the columns are {', '.join(COLUMNS)}"
            )
        return cls(header, rows[1:], delimiter)

    def entries(self) -> Iterator[tuple[int, dict[str, str]]]:
        for line, row in self.rows:
            yield line, {name: cell.strip() for name, cell in zip(self.header, row, strict=False)}

    def remove(self, student: str, stage: str) -> bool:
        kept = [
            (line, row)
            for (line, row), (_, entry) in zip(self.rows, self.entries(), strict=True)
            if (entry["student_id"], _stage(entry["stage"])) != (student, stage)
        ]
        removed = len(kept) < len(self.rows)
        self.rows = kept
        return removed

    def add(self, entry: Mapping[str, str]) -> None:
        self.header += [name for name in COLUMNS if name not in self.header]
        self.rows.append((0, [entry.get(name, "") for name in self.header]))

    def write(self, path: Path) -> None:
        new = path.with_name(f".{path.name}.{os.getpid()}")
        with new.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
            writer.writerow(self.header)
            writer.writerows(row for _, row in self.rows)
        os.replace(new, path)


def _extension(row: Mapping[str, str], where: str) -> Extension:
    student, until, days = (row.get(name, "") for name in ("student_id", "until", "days"))
    try:
        stage = stage_named(row.get("stage", "")).name
    except LookupError as problem:
        raise ExtensionsProblem(f"{where}: {problem.args[0]}") from None
    if not student:
        raise ExtensionsProblem(f"{where}: no student is named")
    if bool(until) == bool(days):
        raise ExtensionsProblem(f"{where}: either until or days must be given, and not both")
    try:
        number = float(days.replace(",", ".")) if days else None
        if number is not None and not (math.isfinite(number) and 0 < number <= MOST_DAYS):
            raise ValueError
        return Extension(student, stage, moment(until) if until else None, number, row.get("reason", ""))
    except (ValueError, OverflowError, OSError):
        wrong = f"{days!r} is no number of days" if days else f"{until!r} is no date such as 2027-01-15T18:00"
        raise ExtensionsProblem(f"{where}: {wrong}") from None


def _stage(name: str) -> str:
    try:
        return stage_named(name).name
    except LookupError:
        return name
