"""Putting the submissions of a download into a course folder.

Every submission is put in place by one rename, and gets a receipt after that; so a run that is stopped leaves nothing
half done, and the next one goes on. Nothing that was collected is ever lost: what another submission replaces is kept
in ``.bnlab/received/STUDENT/STAGE/``.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.findings import Finding
from bnlab_autograder.grading.released import FOR_STUDENTS_ONLY, MANIFEST
from bnlab_autograder.lms import ledger
from bnlab_autograder.lms.archive import Download, Refused, opened, shown
from bnlab_autograder.lms.downloads import SYSTEMS, TIMESTAMP, File, Piece, Worksheet, holds, match
from bnlab_autograder.lms.ledger import Receipt
from bnlab_autograder.lms.roster import Roster

RECEIVED = "received"  # in .bnlab: what was replaced, and what was older than what is in place
STAGING = "collecting-"
LOCK = "collecting.lock"
NEW, REPLACED, SAME, OLDER, LEFT = "new", "replaced", "same", "older", "left"
SETUP = "setup"  # a cell that every stage has


class CollectProblem(ValueError):
    """Nothing can be collected like this; the text says what to do."""


@dataclass
class Item:
    """What became of one student's submission, or of files of which nobody knows whose they are."""

    status: str
    student: str  # empty where nobody is certain
    name: str  # in the download
    sha256: str = ""
    submitted_at: datetime.datetime | None = None
    late: bool | None = None
    attempt: int | None = None
    kept_aside: list[str] = field(default_factory=list)  # folders, relative to that of the course
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, text))

    def to_dict(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "student": self.student or None,
            "name": self.name,
            "sha256": self.sha256 or None,
            "submitted_at": self.submitted_at.isoformat() if self.submitted_at else None,
            "late": self.late,
            "attempt": self.attempt,
            "kept_aside": self.kept_aside,
            "findings": [{"code": one.code, "text": one.text} for one in self.findings],
        }


@dataclass
class Collected:
    """What became of a download."""

    stage: str
    system: str
    identity: str  # what identifies students, in words
    items: list[Item] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)  # about single files of the download

    def of(self, *statuses: str) -> list[Item]:
        return [item for item in self.items if item.status in statuses]

    @property
    def complete(self) -> bool:
        return not self.of(LEFT) and not self.findings


@dataclass(frozen=True)
class _Notebook:
    """A notebook of a student in the download."""

    piece: Piece
    file: File
    raw: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def name(self) -> str:
        return str(self.file.entry.path)


class Unclear(ValueError):
    """Which notebook is meant is not certain; the text lists them."""


def collect(
    course: Course,
    stage: str,
    source: Path,
    system: str,
    *,
    roster: Roster | None = None,
    worksheet: Worksheet | None = None,
    dry_run: bool = False,
    begin: Callable[[int], None] = lambda total: None,
    tell: Callable[[Item], None] = lambda item: None,
) -> Collected:
    """Put what ``source``, a zip or a folder from ``system``, holds for ``stage`` into the course folder.

    ``begin`` is told how many students there are, ``tell`` what became of each. Raises DownloadProblem, CollectProblem,
    and OSError where the course folder cannot be written to, for instance because the disk is full.
    """
    if roster is None and not SYSTEMS[system].identity:
        raise CollectProblem(
            "the numbers in Moodle's names are those of one assignment only; say who is who with --roster "
            "PARTICIPANTS.csv, or put roster.csv into the course folder"
        )
    if source.resolve().is_relative_to(course.workspace.submitted):
        raise CollectProblem(f"{source} is where submissions are put; they are collected already")
    identity = f"the {roster.identified_by} of {roster.source}" if roster else SYSTEMS[system].identity
    done = Collected(stage, system, identity)
    with opened(source) as download, _alone(course, dry_run):
        pieces = SYSTEMS[system].pieces(download, stage)
        if worksheet is not None:
            worksheet.complete(pieces)
        if not pieces and not download.findings:
            raise CollectProblem(f"{source} holds nothing that looks like a submission from {system}")
        students = _by_student(pieces, system, roster, done)
        begin(len(students))
        run = _Run(course, stage, system, download, dry_run)
        for student, theirs in sorted(students.items()):
            item = run.take(student, theirs)
            done.items.append(item)
            tell(item)
        done.findings += download.findings
    return done


def _by_student(
    pieces: list[Piece], system: str, roster: Roster | None, done: Collected
) -> dict[str, list[Piece]]:
    students: dict[str, list[Piece]] = {}
    for piece in pieces:
        student, why = match(piece, system, roster)
        if student:
            students.setdefault(student, []).append(piece)
            continue
        item = Item(LEFT, "", _named(piece), submitted_at=piece.submitted_at)
        known = ", ".join(f"{kind} {shown(text)}" for kind, text in piece.lms_ids.items())
        item.note(
            "unmatched",
            f"{shown(piece.label)}{f' ({known})' if known else ''}: {why}; "
            + (f"correct {roster.source} and collect again" if roster else "name a roster with --roster"),
        )
        done.items.append(item)
    return students


def _named(piece: Piece) -> str:
    names = [file.entry.path for file in piece.files if file.is_notebook] or [
        file.entry.path for file in piece.files
    ]
    return str(names[0]) if names else piece.folder or piece.label


@dataclass
class _Run:
    course: Course
    stage: str
    system: str
    download: Download
    dry_run: bool

    def __post_init__(self) -> None:
        self.workspace = self.course.workspace
        self.now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.names, self.support = _released(self.workspace.release(self.stage))
        self.given: dict[str, list[Receipt]] = {}
        for one in ledger.all_receipts(self.workspace, self.stage):
            self.given.setdefault(one.student_id, []).append(one)
        self.due = _due(self.course, self.stage)

    def take(self, student: str, pieces: list[Piece]) -> Item:
        """Put a student's newest submission in place, and older ones aside."""
        item = Item(LEFT, student, _named(pieces[0]))
        try:
            notebooks = [one for piece in pieces for one in self._notebooks(piece, item)]
            ordered = _in_order(notebooks)
        except Unclear as why:
            item.note("unclear", str(why))
            return item
        except Refused as why:
            item.note("refused", f"{shown(item.name)} {why}")
            return item
        if not ordered:
            return item
        *older, newest = ordered
        item.name, item.sha256 = newest.name, newest.sha256
        item.submitted_at, item.late = newest.piece.submitted_at, self._late(student, newest)
        before = self._in_place(student)
        given = self.given.setdefault(student, [])
        for one in older:
            if one.sha256 not in {newest.sha256, before} and not _had(given, one.sha256):
                self._keep(student, one, item)
                self._receipt(student, one, counts=False)
        if before == newest.sha256:
            item.status = SAME
            if not _had(given, before):
                self._receipt(student, newest)
            self._complete_time(student, newest)
        elif before and self._is_older(newest, given, before):
            item.status = OLDER
            item.note("older", f"{shown(newest.name)} is older than what is in place, which stays")
            if not _had(given, newest.sha256):
                self._keep(student, newest, item)
                self._receipt(student, newest, counts=False)
        else:
            item.status = REPLACED if before is not None else NEW
            self._note_times(student, newest, item)
            self._put(student, newest, item)
            self._receipt(student, newest)
        item.attempt = _present(given).attempt if _present(given) else None
        return item

    # Which notebook

    def _notebooks(self, piece: Piece, item: Item) -> list[_Notebook]:
        """The notebooks of this stage in a submission: one, or several uploads of one. Raises Unclear."""
        files = [file for file in piece.files if file.is_notebook]
        if not files:
            item.note("no-notebook", f"handed in {holds(piece)}")
            return []
        found = [_Notebook(piece, file, self._read(file)) for file in files]
        extra = [file.path for file in piece.files if not file.is_notebook and self._is_extra(file)]
        if extra:
            names = ", ".join(shown(str(path)) for path in extra[:5])
            item.note("extra-file", f"{names} was handed in as well; only the notebook is taken")
        if len(found) == 1:
            if self._stage_of(found[0].raw) is False:
                item.note(
                    "other-stage", f"{shown(found[0].name)} does not look like a notebook of {self.stage}"
                )
            return found
        theirs = [one for one in found if self._stage_of(one.raw)]
        if len({one.sha256 for one in theirs}) == 1:
            return theirs[:1]
        if (
            theirs
            and len({one.file.series for one in theirs}) == 1
            and all(one.file.number for one in theirs)
        ):
            return theirs
        named = [one for one in theirs if one.file.path.name == f"{self.stage}.ipynb"]
        names = ", ".join(shown(str(one.file.path)) for one in theirs or found)
        if len(named) == 1:
            item.note("several", f"of {names} the one that is called {self.stage}.ipynb was taken")
            return named
        raise Unclear(
            f"which of {names} is meant is not certain; ask, and put it in place as "
            f"submitted/{item.student}/{self.stage}/{self.stage}.ipynb"
        )

    def _stage_of(self, raw: bytes) -> bool | None:
        """Whether a notebook is of this stage, by what the release has put into it; None if it cannot be read."""
        try:
            data = json.loads(raw.decode("utf-8-sig"))
            about = data["metadata"].get("bnlab") or {}
            if isinstance(about.get("stage"), str):
                return about["stage"] == self.stage
            marks = [cell.get("metadata", {}).get("nbgrader") or {} for cell in data["cells"]]
            return bool({mark.get("grade_id") for mark in marks} & self.names)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None

    def _is_extra(self, file: File) -> bool:
        return (
            str(file.path) not in (TIMESTAMP, *FOR_STUDENTS_ONLY, *self.support)
            and file.path.suffix != ".whl"
        )

    def _read(self, file: File) -> bytes:
        return b"".join(self.download.chunks(file.entry))

    # Which is newer

    def _is_older(self, newest: _Notebook, given: list[Receipt], before: str) -> bool:
        """Whether what is in place is known to be newer than this."""
        present = next((one for one in reversed(given) if one.sha256 == before), None)
        if present is None:
            return False
        if newest.piece.submitted_at and present.submitted_at:
            return newest.piece.submitted_at < present.submitted_at
        if present.source == self.system and newest.file.number and present.number:
            return newest.file.number < int(present.number)
        return _had(given, newest.sha256)

    def _late(self, student: str, notebook: _Notebook) -> bool | None:
        if notebook.file.late is not None:
            return notebook.file.late
        when = notebook.piece.submitted_at
        if when is None or self.due is None:
            return None
        extension = self.course.extensions.get((student, self.stage))
        length = extension.length(self.due) if extension else datetime.timedelta()
        return when > (self.due + length).replace(tzinfo=datetime.UTC)

    def _note_times(self, student: str, notebook: _Notebook, item: Item) -> None:
        if not item.late or notebook.piece.submitted_at:
            return
        text = (
            "late; by how much the download does not say, so the time of the download stands for it. "
            f"Correct submitted/{student}/{self.stage}/{TIMESTAMP} if hours count"
        )
        if (student, self.stage) in self.course.extensions:
            text += "; there is an extension, so it may have been in time"
        item.note("time-unknown", text)

    def _time(self, notebook: _Notebook) -> datetime.datetime | None:
        """What nbgrader is told; without a time it takes a submission as punctual."""
        when = notebook.piece.submitted_at
        if when is None and notebook.file.late:
            when = notebook.file.entry.modified
        return when.astimezone(datetime.UTC) if when else None

    # In the course folder

    def _place(self, student: str) -> Path:
        return self.workspace.submitted / student / self.stage

    def _in_place(self, student: str) -> str | None:
        """The digest of the present submission; None without one, "" if there is no notebook in it."""
        place = self._place(student)
        if not os.path.lexists(place):
            return None
        notebooks = [place / f"{self.stage}.ipynb"]
        if not notebooks[0].is_file():
            notebooks = sorted(place.glob("*.ipynb"))
        if len(notebooks) != 1 or not notebooks[0].is_file():
            return ""
        with notebooks[0].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _put(self, student: str, notebook: _Notebook, item: Item) -> None:
        if self.dry_run:
            return
        place = self._place(student)
        with self._written(notebook) as folder:
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place):
                aside = self._aside(student, self._in_place(student) or "")
                os.rename(place, aside)
                item.kept_aside.append(aside.relative_to(self.workspace.root).as_posix())
            os.rename(folder, place)

    def _keep(self, student: str, notebook: _Notebook, item: Item) -> None:
        if self.dry_run:
            return
        with self._written(notebook) as folder:
            aside = self._aside(student, notebook.sha256)
            os.rename(folder, aside)
        item.kept_aside.append(aside.relative_to(self.workspace.root).as_posix())

    def _aside(self, student: str, sha256: str) -> Path:
        """A new place in which a submission is kept; an empty folder, over which one can be renamed."""
        parent = self.workspace.private / RECEIVED / student / self.stage
        parent.mkdir(parents=True, exist_ok=True)
        prefix = f"{self.now:%Y%m%dT%H%M%SZ}-{sha256[:12] or 'unknown'}"
        path = next(
            path
            for number in range(1, 1_000_000)
            if not os.path.lexists(path := parent / (prefix if number == 1 else f"{prefix}-{number}"))
        )
        return path

    @contextmanager
    def _written(self, notebook: _Notebook) -> Iterator[Path]:
        """A folder with a submission, beside the places where it may go."""
        folder = Path(tempfile.mkdtemp(dir=self.workspace.private, prefix=STAGING))
        try:
            folder.chmod(0o755)
            (folder / f"{self.stage}.ipynb").write_bytes(notebook.raw)
            for file in notebook.piece.files:
                if str(file.path) in self.support:
                    self._write_support(folder, file)
            if when := self._time(notebook):
                _write_time(folder / TIMESTAMP, when)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _write_support(self, folder: Path, file: File) -> None:
        try:
            raw = self._read(file)
        except Refused as why:
            self.download.refuse("refused", str(file.entry.path), f"was left out: it {why}")
            return
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)

    def _complete_time(self, student: str, notebook: _Notebook) -> None:
        """Give a submission the time that was not known when it was collected."""
        path, when = self._place(student) / TIMESTAMP, self._time(notebook)
        if when is None or self.dry_run or path.exists():
            return
        new = path.with_name(f".{TIMESTAMP}.{os.getpid()}")
        _write_time(new, when)
        os.replace(new, path)

    def _receipt(self, student: str, notebook: _Notebook, counts: bool = True) -> None:
        given = self.given.setdefault(student, [])
        known = {one.sha256: one.attempt for one in given}
        attempt = known.get(notebook.sha256, max(known.values(), default=0) + 1)
        receipt = Receipt(
            self.stage,
            student,
            notebook.sha256,
            notebook.piece.submitted_at,
            self.now,
            self.system,
            notebook.file.entry.name,
            self._late(student, notebook),
            max(attempt, notebook.piece.attempt or 0) if counts else attempt,
            notebook.piece.folder,
            notebook.piece.lms_ids,
            str(notebook.file.number or notebook.piece.number),
            counts,
        )
        given.append(receipt)
        if not self.dry_run:
            ledger.add(self.workspace, [receipt])


def _in_order(notebooks: list[_Notebook]) -> list[_Notebook]:
    """Oldest first. Raises Unclear where nothing tells which of different ones is the newest."""
    if len({one.sha256 for one in notebooks}) <= 1:
        return notebooks[-1:]
    for key in (lambda one: one.piece.submitted_at, lambda one: one.file.number or None):
        keys = [key(one) for one in notebooks]
        if None not in keys and len(set(keys)) == len(keys):
            return sorted(notebooks, key=key)
    names = ", ".join(shown(one.name) for one in notebooks)
    raise Unclear(f"which of {names} is the newest is not certain; take the others out and collect again")


def _had(given: list[Receipt], sha256: str | None) -> bool:
    return any(one.sha256 == sha256 for one in given)


def _present(given: list[Receipt]) -> Receipt | None:
    return next((one for one in reversed(given) if one.counts), None)


def _released(release: Path) -> tuple[frozenset[str], frozenset[str]]:
    """By which cells a notebook of this stage is recognised, and the files that may lie beside it."""
    try:
        data = json.loads((release / f"{release.name}.ipynb").read_text(encoding="utf-8"))
        marks = [cell["metadata"].get("nbgrader", {}) for cell in data["cells"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return frozenset(), frozenset()
    names = {mark.get("grade_id") for mark in marks} - {None, SETUP}
    files = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    support = {one for one in files if not one.endswith((".ipynb", ".whl"))}
    return frozenset(names), frozenset(support - {MANIFEST, *FOR_STUDENTS_ONLY})


def _due(course: Course, stage: str) -> datetime.datetime | None:
    """The due date of the stage, in UTC; None if there is none, or no gradebook yet."""
    from bnlab_autograder.release.generate import due_dates

    workspace = course.workspace
    if "db_url" not in workspace.settings and not workspace.gradebook.exists():
        return None
    with course.ledger() as book, book.transaction() as gradebook:
        return due_dates(gradebook, [stage]).get(stage)


def _write_time(path: Path, when: datetime.datetime) -> None:
    path.write_text(f"{when.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f} UTC\n", encoding="utf-8")


@contextmanager
def _alone(course: Course, dry_run: bool) -> Iterator[None]:
    """No other run collects into this course folder meanwhile. Removes what a crash has left. Raises CollectProblem."""
    private = course.workspace.private
    if dry_run:
        yield
        return
    private.mkdir(mode=0o700, exist_ok=True)
    with (private / LOCK).open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass  # Windows has no such lock
        except BlockingIOError:
            raise CollectProblem(f"another bnlab collect is at work in {course.root}; wait for it") from None
        for leftover in private.glob(f"{STAGING}*"):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
        yield
