"""Forgetting a student: where a course folder holds something about them, and removing it.

What is to be removed is found anew each time from what is there, and each step can be done twice. So a command that
was stopped is completed by giving it again. Submissions go first, by renaming: a run of grading that comes between
finds nothing of theirs to record.
"""

from __future__ import annotations

import csv
import fcntl
import gzip
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from nbgrader.api import Gradebook, MissingEntry

from bnlab_autograder.grading.course import Course
from bnlab_autograder.lms.collect import LOCK, RECEIVED
from bnlab_autograder.release.backup import BACKUPS
from bnlab_autograder.workspace import Workspace

GOING = ".forgetting"  # below ``.bnlab``: what is being removed
LISTS = ("extensions.csv", "roster.csv")  # tables in a course folder with a line for each student
LOG = ".nbgrader.log"  # in which nbgrader's commands and formgrader name whom they work on
ID = "student_id"  # their column that says whose
OURS = "bnlab_"  # begins the names of our tables in the gradebook
NO_TRACES = (
    "source",
    "release",
    "handouts",
    "solutions",
    "submitted",
    "autograded",
    "feedback",
    ".bnlab",
    ".git",
)
LARGEST = 64 << 20  # bytes of a file that is searched for names
NOT_HERE = (
    "copies of this folder and of its backups on other disks, and the history of a repository that it is in",
    "what was uploaded, sent or downloaded: exports, feedback, reports, and what the learning-management system holds",
    "an nbgrader exchange, and files written with --events, --out or --json outside this folder",
)


@dataclass(frozen=True)
class Remaining:
    """Something that is not removed, and why a person should look at it."""

    path: str
    why: str


@dataclass(frozen=True)
class Traces:
    """What a course folder holds about a student.

    Attributes
    ----------
    rows : dict
        How many rows of the gradebook are about them, by table.
    folders : tuple of Path
        Folders of theirs alone.
    lines : dict
        How many lines of a file are about them, by file.
    results : tuple of str
        Keys of stored results on which no present grade of anybody else rests. A result holds no name, so this is
        every one that may be theirs.
    remaining : tuple of Remaining
        What still names them afterwards.
    """

    student: str
    rows: dict[str, int]
    folders: tuple[Path, ...]
    lines: dict[Path, int]
    results: tuple[str, ...]
    remaining: tuple[Remaining, ...]
    begun: bool  # whether removing was begun, and stopped

    @property
    def known(self) -> bool:
        """Whether anything is about this student. Results and lines of a log alone say nothing."""
        lists = [path for path in self.lines if path.name != LOG]
        return bool(self.rows or self.folders or lists or self.begun)

    def to_dict(self, root: Path) -> dict[str, Any]:
        return {
            "student": self.student,
            "gradebook": self.rows,
            "folders": [
                {"path": path.relative_to(root).as_posix(), "files": files, "bytes": size}
                for path in self.folders
                for files, size in [_size(path)]
            ],
            "lines": {path.relative_to(root).as_posix(): number for path, number in self.lines.items()},
            "results": len(self.results),
            "remaining": [{"path": one.path, "why": one.why} for one in self.remaining],
            "not_here": list(NOT_HERE),
        }


def find_traces(course: Course, student: str) -> Traces:
    """What the folder of ``course`` holds about ``student``. Changes nothing."""
    workspace = course.workspace
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        rows = _rows(gradebook, student)
        used = _keys_of_others(gradebook, student)
        names = _names(gradebook, student)
    return Traces(
        student,
        rows,
        tuple(_folders(workspace, student)),
        {path: number for path, number in _lines(workspace, student) if number},
        tuple(sorted(set(course.store.keys()) - used)),
        tuple(_remaining(workspace, student, names)),
        _Going(workspace).student() == student,
    )


def forget(course: Course, traces: Traces, reached: Callable[[str], None] = lambda step: None) -> None:
    """Remove what was found. ``reached`` is told each step before it is taken.

    Raises OSError, and has removed nothing, if submissions are being collected.
    """
    with _nobody_collecting(course.workspace):
        _forget(course, traces, reached)


def _forget(course: Course, traces: Traces, reached: Callable[[str], None]) -> None:
    workspace, student = course.workspace, traces.student
    going = _Going(workspace)
    going.end()  # of a run that was stopped
    going.begin(student)
    reached("folders")
    for number, folder in enumerate(traces.folders):
        os.rename(folder, going.folders / str(number))
    reached("gradebook")
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        if ledger.engine.dialect.name == "sqlite":  # or the file would keep what it shows no more
            gradebook.db.execute(sa.text("PRAGMA secure_delete = ON"))
        _remove_rows(gradebook, student)
    reached("lines")
    for path in traces.lines:
        _without_lines(path, student)
    reached("results")
    for key in traces.results:
        course.store.remove(key)
    reached("end")
    going.end()


@contextmanager
def _nobody_collecting(workspace: Workspace) -> Iterator[None]:
    with (workspace.private / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"bnlab collect is at work in {workspace.root}; wait for it") from None
        yield


class _Going:
    """What is being removed: whose it is, and their folders. It disappears last."""

    def __init__(self, workspace: Workspace):
        self.place = workspace.private / GOING
        self.folders, self.mark = self.place / "folders", self.place / "student"

    def student(self) -> str | None:
        return self.mark.read_text(encoding="utf-8") if self.mark.is_file() else None

    def begin(self, student: str) -> None:
        self.folders.mkdir(mode=0o700, parents=True)
        self.mark.write_text(student, encoding="utf-8")

    def end(self) -> None:
        if self.place.exists():
            if self.folders.exists():
                shutil.rmtree(self.folders)
            self.mark.unlink(missing_ok=True)
            self.place.rmdir()


# The gradebook


def _rows(gradebook: Gradebook, student: str) -> dict[str, int]:
    connection = gradebook.db.connection()
    found = {}
    for table in _our_tables(connection):
        query = sa.select(sa.func.count()).select_from(table).where(table.c.student == student)
        found[table.name] = connection.scalar(query)
    try:
        person = gradebook.find_student(student)
    except MissingEntry:
        pass
    else:
        found |= {"student": 1, "submitted_assignment": len(person.submissions)}
    return {name: number for name, number in sorted(found.items()) if number}


def _remove_rows(gradebook: Gradebook, student: str) -> None:
    connection = gradebook.db.connection()
    for table in _our_tables(connection):
        connection.execute(table.delete().where(table.c.student == student))
    with suppress(MissingEntry):
        gradebook.remove_student(student)


def _our_tables(connection: sa.Connection) -> list[sa.Table]:
    """Those beside nbgrader's that have rows about students."""
    names = [name for name in sa.inspect(connection).get_table_names() if name.startswith(OURS)]
    metadata = sa.MetaData()
    if names:
        metadata.reflect(connection, only=names)
    return [table for table in metadata.sorted_tables if "student" in table.c]


def _keys_of_others(gradebook: Gradebook, student: str) -> set[str]:
    connection = gradebook.db.connection()
    (results,) = (table for table in _our_tables(connection) if table.name == "bnlab_result")
    return set(connection.scalars(sa.select(results.c.key).where(results.c.student != student)))


def _names(gradebook: Gradebook, student: str) -> list[str]:
    """By what somebody may be named in a file."""
    try:
        person = gradebook.find_student(student)
    except MissingEntry:
        return [student]
    first, last = person.first_name, person.last_name
    whole = [f"{first} {last}", f"{last}, {first}"] if first and last else []
    return list(filter(None, [student, person.email, *whole]))


# Folders and files


def _folders(workspace: Workspace, student: str) -> Iterator[Path]:
    for parent in (workspace.submitted, workspace.autograded, workspace.feedback, *_kept_aside(workspace)):
        if parent.is_dir() and student in os.listdir(parent):  # never a path that a name such as .. makes
            yield parent / student


def _kept_aside(workspace: Workspace) -> list[Path]:
    """Where submissions lie that a later one has replaced."""
    return [workspace.private / RECEIVED]


def _lines(workspace: Workspace, student: str) -> Iterator[tuple[Path, int]]:
    named = (workspace.root / name for name in (*LISTS, LOG))
    for path in (*named, *sorted(workspace.private.glob("*.jsonl"))):
        if path.is_file():
            yield path, _sifted(path, student)[1]


def _sifted(path: Path, student: str) -> tuple[bytes, int]:
    """A file without the lines about a student, and how many those are."""
    raw = path.read_bytes()
    lines = raw.splitlines(keepends=True)
    match path.suffix:
        case ".jsonl":
            about = _json_lines(lines, student)
        case ".log":
            pattern = _as_word(student)
            about = {number for number, line in enumerate(lines) if pattern.search(line)}
        case _:
            about = _table_lines(raw, student)
    return b"".join(line for number, line in enumerate(lines) if number not in about), len(about)


def _json_lines(lines: list[bytes], student: str) -> set[int]:
    about = set()
    for number, line in enumerate(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and student in (entry.get("student"), entry.get("student_id")):
            about.add(number)
    return about


def _table_lines(raw: bytes, student: str) -> set[int]:
    """Of a CSV file with a column ``student_id``, the lines of each row about the student; a row may have several."""
    text = raw.decode("utf-8-sig", "replace")
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    about: set[int] = set()
    names = [name.strip().lower() for name in next(reader, [])]
    if ID in names:
        column, start = names.index(ID), reader.line_num
        for row in reader:
            if row[column : column + 1] and row[column].strip() == student:
                about.update(range(start, reader.line_num))
            start = reader.line_num
    return about


def _without_lines(path: Path, student: str) -> None:
    kept, removed = _sifted(path, student)
    if not removed:
        return
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(scratch, "wb") as file:
            os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def _size(folder: Path) -> tuple[int, int]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return len(files), sum(path.stat().st_size for path in files)


# What is left


def _remaining(workspace: Workspace, student: str, names: list[str]) -> Iterator[Remaining]:
    pattern = _as_word(*names)
    for path in sorted((workspace.private / BACKUPS).glob("*")):
        if path.is_file() and pattern.search(_bytes(path)):
            yield Remaining(
                _inside(workspace, path),
                "a backup of the gradebook with their grades; remove it when you can do without",
            )
    for name in LISTS:
        path = workspace.root / name
        if path.is_file() and pattern.search(_sifted(path, student)[0]):
            yield Remaining(name, "other lines name them; look at it")
    for path in _loose_files(workspace):
        if pattern.search(_bytes(path)):
            yield Remaining(_inside(workspace, path), "names them; make it anew, or remove it")


def _loose_files(workspace: Workspace) -> Iterator[Path]:
    """Files of the folder that are neither the course's own nor those of single students: exports, reports, lists."""
    known = {workspace.gradebook.name, LOG, *LISTS}
    for top in sorted(workspace.root.iterdir()):
        if top.name in NO_TRACES or top.name.startswith(tuple(known)):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() and not top.is_symlink() else [top]:
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                yield path


def _as_word(*names: str) -> re.Pattern[bytes]:
    """Finds names, but not within longer ones."""
    return re.compile(b"|".join(rb"(?<![\w.@-])%b(?![\w@-])" % re.escape(name.encode()) for name in names))


def _bytes(path: Path) -> bytes:
    """What a file says, unpacked; of an archive the names of what is in it."""
    try:
        if path.suffix == ".gz":
            return gzip.decompress(path.read_bytes())
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return "\n".join(archive.namelist()).encode()
        return path.read_bytes()
    except (OSError, EOFError, zipfile.BadZipFile):
        return b""


def _inside(workspace: Workspace, path: Path) -> str:
    return path.relative_to(workspace.root).as_posix()


def nearest(student: str, known: Iterable[str]) -> list[str]:
    """Names that ``student`` may be a slip of."""
    from difflib import get_close_matches

    return get_close_matches(student, sorted(known), n=3, cutoff=0.6)
