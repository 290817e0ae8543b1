"""Whose files a download holds: the naming schemes of Canvas, Moodle, Gradescope, and of plain folders.

========== ============================================================================================
Canvas     ``lovelaceada_LATE_USER_FILE_name.ipynb``: the sortable name run together, Canvas' numbers of the user
           and of the uploaded file. A second upload of a name is ``name-1.ipynb``. No time of submission.
Moodle     ``Ada Lovelace_NUMBER_assignsubmission_file_/name.ipynb``, in newer versions without the last
           underscore, or all in one folder: ``Ada Lovelace_NUMBER_assignsubmission_file_name.ipynb``. The
           number is that of "Participant NUMBER" in the grading worksheet of the same assignment. No time,
           but the worksheet has it.
Gradescope ``submission_NUMBER/name.ipynb``, and who and when in ``submission_metadata.yml`` above.
folder     ``STUDENT/name.ipynb``, ``STUDENT/STAGE/name.ipynb``, or ``STUDENT.ipynb``; the time in nbgrader's
           ``timestamp.txt``, where there is one.
========== ============================================================================================
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from bnlab_autograder.curriculum import BY_NAME
from bnlab_autograder.lms.archive import ARCHIVES, Download, DownloadProblem, Entry, Refused, shown
from bnlab_autograder.lms.roster import Roster, Student, columns_of, participant, rows_of, unfit

TIMESTAMP = "timestamp.txt"
METADATA = "submission_metadata.yml"
METADATA_BYTES = 256 << 20
WORKSHEET_TIMES = ("last modified (submission)", "last modified (submitted)")
WORKSHEET_FORMATS = ("%A, %d %B %Y, %I:%M %p", "%d %B %Y, %I:%M %p", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")

CANVAS = re.compile(r"(?P<name>.*?)(?P<late>_LATE)?_(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.DOTALL)
_CANVAS_TEXT = re.compile(r".*?(_LATE)?_\d+_(?P<kind>text|link)\.html")
_CANVAS_ANONYMOUS = re.compile(r"(LATE_)?anon_\w+_\d+_.+")
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(_(?P<rest>.*))?", re.DOTALL
)
_SERIES = re.compile(r"-\d+(?=\.ipynb$)", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    """A file of a submission: ``path`` as the student had it, ``entry`` in the download."""

    path: PurePosixPath
    entry: Entry
    late: bool | None = None
    number: int = 0  # where the system counts files

    @property
    def series(self) -> str:
        """The name without the number that a second upload of it gets."""
        return _SERIES.sub("", self.path.name).casefold()

    @property
    def is_notebook(self) -> bool:
        return self.path.suffix.lower() == ".ipynb"


@dataclass
class Piece:
    """One submission in a download, by whomever."""

    label: str  # what the download calls the student
    ids: Mapping[str, str]  # as Roster.match takes them
    folder: str = ""
    files: list[File] = field(default_factory=list)
    submitted_at: datetime.datetime | None = None
    number: str = ""  # by which the system counts submissions
    attempt: int | None = None  # how often the student has handed in, where the system says it

    @property
    def lms_ids(self) -> dict[str, str]:
        return {kind: text for kind, text in self.ids.items() if kind != "name" and text}


@dataclass(frozen=True)
class System:
    """A learning-management system: how its downloads are read, and by what they identify students."""

    pieces: Callable[[Download, str], list[Piece]]
    student_of: Callable[[Piece], str]
    identity: str  # the same in words; empty where a roster must be


# Canvas


def canvas(download: Download, stage: str) -> list[Piece]:
    found: dict[str, Piece] = {}
    for entry in download.entries:
        match = CANVAS.fullmatch(entry.name)
        if _CANVAS_ANONYMOUS.fullmatch(entry.name):
            download.refuse(
                "unmatched", entry.name, "is anonymous; show the names in Canvas and download again"
            )
        elif text := _CANVAS_TEXT.fullmatch(entry.name):
            what = "a link" if text["kind"] == "link" else "a text"
            download.refuse("no-notebook", entry.name, f"is {what}, not a file; ask for the notebook")
        elif match is None:
            download.refuse("unmatched", str(entry.path), "is not named as Canvas names submissions")
        else:
            piece = found.setdefault(
                match["user"], Piece(match["name"], {"canvas_id": match["user"], "name": match["name"]})
            )
            path = PurePosixPath(match["rest"])
            piece.files.append(File(path, entry, bool(match["late"]), int(match["file"])))
    return list(found.values())


# Moodle


def moodle(download: Download, stage: str) -> list[Piece]:
    found: dict[tuple[str, str], Piece] = {}
    for entry in download.entries:
        parts = entry.path.parts
        at, match = next(
            ((at, match) for at, part in enumerate(parts) if (match := _MOODLE.fullmatch(part))), (0, None)
        )
        if match is None:
            if entry.name.endswith(".ipynb"):
                what = "is not named as Moodle names submissions; those of groups have to be put in place by hand"
                download.refuse("unmatched", str(entry.path), what)
            continue
        if match["kind"] != "file":
            continue  # such as a text typed in, which every submission may have beside its files
        in_folder = at + 1 < len(parts)
        path = PurePosixPath(*parts[at + 1 :]) if in_folder else PurePosixPath(match["rest"] or parts[at])
        folder = parts[at] if in_folder else ""
        ids = {"moodle_id": match["id"], "name": match["name"]}
        piece = found.setdefault((match["id"], folder), Piece(match["name"], ids, folder, number=match["id"]))
        piece.files.append(File(path, entry))
    return list(found.values())


@dataclass(frozen=True)
class Worksheet:
    """A grading worksheet of Moodle: who the participants are, and when they handed in."""

    ids: Mapping[str, Mapping[str, str]]  # by number
    times: Mapping[str, datetime.datetime]
    unread: int = 0  # times that could not be read

    def complete(self, pieces: list[Piece]) -> None:
        """Give submissions what the worksheet knows about their participants."""
        for piece in pieces:
            piece.ids = {**self.ids.get(piece.number, {}), **piece.ids}
            piece.submitted_at = piece.submitted_at or self.times.get(piece.number)


def read_worksheet(path: Path) -> Worksheet:
    """Raises RosterProblem."""
    header, rows = rows_of(path)
    columns = columns_of(path, header)
    place = next((header.index(name) for name in WORKSHEET_TIMES if name in header), None)
    ids, times, unread = {}, {}, 0
    for _, row in rows:
        known = {kind: row[at].strip() for kind, at in columns.items() if at < len(row)}
        number = participant(known.get("moodle_id", ""))
        kept = {kind: known[kind] for kind in ("email", "sis_id", "login") if known.get(kind)}
        ids[number] = kept
        text = row[place].strip() if place is not None and place < len(row) else "-"
        if text in ("", "-"):
            continue
        if (moment := _worksheet_moment(text)) is None:
            unread += 1
        else:
            times[number] = moment
    return Worksheet(ids, times, unread)


def _worksheet_moment(text: str) -> datetime.datetime | None:
    for form in WORKSHEET_FORMATS:
        try:
            return datetime.datetime.strptime(" ".join(text.split()), form).astimezone()
        except (ValueError, OverflowError):
            continue
    return None


# Gradescope


def gradescope(download: Download, stage: str) -> list[Piece]:
    tables = sorted(
        (entry for entry in download.entries if entry.name == METADATA),
        key=lambda entry: len(entry.path.parts),
    )
    if not tables:
        raise DownloadProblem(
            f"{download.source} has no {METADATA}; it should be what Gradescope calls Export Submissions"
        )
    root, table = tables[0].path.parent, _metadata(download, tables[0])
    pieces, of = [], {}
    for key, about in table.items():
        of[str(key)] = [_gradescope_piece(str(key), who, about) for who in _submitters(about)]
        pieces += of[str(key)]
    for entry in download.entries:
        if entry is tables[0] or not entry.path.is_relative_to(root):
            continue
        folder, *rest = entry.path.relative_to(root).parts
        if folder not in of:
            if entry.name.endswith(".ipynb"):
                download.refuse(
                    "unmatched", str(entry.path), f"is of a submission that {METADATA} does not name"
                )
            continue
        for piece in of[folder]:
            piece.files.append(File(PurePosixPath(*rest) if rest else PurePosixPath(folder), entry))
    for key, found in of.items():
        if not found:
            download.refuse("unmatched", key, f"has no submitter in {METADATA}")
    return pieces


def _metadata(download: Download, entry: Entry) -> Mapping[Any, Mapping[str, Any]]:
    try:
        if entry.size > METADATA_BYTES:
            raise Refused("is too large")
        raw = b"".join(download.chunks(entry))
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        table = yaml.load(raw, Loader=loader)
    except (yaml.YAMLError, Refused, ValueError, RecursionError) as problem:
        first = str(problem).splitlines()[0]
        raise DownloadProblem(
            f"{METADATA} in {download.source} cannot be read ({first}); export anew"
        ) from None
    if not isinstance(table, dict):
        raise DownloadProblem(f"{METADATA} in {download.source} lists no submissions; export anew")
    return {key: about for key, about in table.items() if isinstance(about, dict)}


def _submitters(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = about.get(":submitters")
    return [who for who in found if isinstance(who, dict)] if isinstance(found, list) else []


def _gradescope_piece(key: str, who: Mapping[str, Any], about: Mapping[str, Any]) -> Piece:
    name, email, sid = (str(who.get(f":{one}") or "").strip() for one in ("name", "email", "sid"))
    history = about.get(":history")
    return Piece(
        name or email or sid or key,
        {"email": email, "sis_id": sid, "name": name},
        key,
        submitted_at=_moment(about.get(":created_at")),
        number=re.sub(r"\D+", "", key),
        attempt=len(history) + 1 if isinstance(history, list) else None,
    )


def _moment(value: Any) -> datetime.datetime | None:
    """A time of a YAML file; without an offset it is in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime.datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)


# Plain folders


def folder(download: Download, stage: str) -> list[Piece]:
    found: dict[tuple[str, str], Piece] = {}
    root = _wrapper(download.entries)
    for entry in download.entries:
        who, *rest = entry.path.relative_to(root).parts
        if not rest:
            if not entry.name.endswith(".ipynb"):
                continue  # a list, a read-me
            who, rest, key = entry.path.stem, [entry.name], ""
        elif rest[0] in BY_NAME and len(rest) > 1:
            if rest[0] != stage:
                continue  # another stage's
            key, rest = f"{who}/{stage}", rest[1:]
        else:
            key = who
        piece = found.setdefault((who, key), Piece(who, {"name": who}, key))
        piece.files.append(File(PurePosixPath(*rest), entry))
    for (who, key), piece in list(found.items()):
        if key == who and (who, f"{who}/{stage}") in found:
            del found[who, key]  # the stage has a folder of its own
        piece.submitted_at = _timestamp(download, piece)
    return [
        piece for piece in found.values() if any(file.is_notebook for file in piece.files) or piece.folder
    ]


def _wrapper(entries: list[Entry]) -> PurePosixPath:
    """The folder that a zip of folders may have around them all; it must hold two students' at least."""
    paths = [entry.path.parts for entry in entries]
    wrapped = all(len(parts) > 2 and parts[1] not in BY_NAME for parts in paths)
    within = {parts[1] for parts in paths if wrapped and parts[-1].endswith(".ipynb")}
    first = {parts[0] for parts in paths}
    return PurePosixPath(first.pop()) if len(first) == 1 and len(within) > 1 else PurePosixPath()


def _timestamp(download: Download, piece: Piece) -> datetime.datetime | None:
    from nbgrader.utils import parse_utc

    for file in piece.files:
        if file.path == PurePosixPath(TIMESTAMP) and file.entry.size < 1000:
            try:
                text = b"".join(download.chunks(file.entry)).decode("utf-8").strip()
                return parse_utc(text).replace(tzinfo=datetime.UTC)
            except (Refused, ValueError, OverflowError, TypeError, AttributeError):
                download.refuse(
                    "timestamp", str(file.entry.path), "is no time that could be read; it is not used"
                )
    return None


# All of them

SYSTEMS = {
    "canvas": System(canvas, lambda piece: piece.ids["canvas_id"], "Canvas' number of the user"),
    "moodle": System(moodle, lambda piece: "", ""),
    "gradescope": System(gradescope, lambda piece: piece.ids["email"], "the email address"),
    "folder": System(folder, lambda piece: piece.label, "the name of the folder or file"),
}


def match(piece: Piece, system: str, roster: Roster | None) -> tuple[str, str]:
    """The student id of a submission, or why there is none."""
    if roster is None:
        student_id = unicodedata.normalize("NFC", SYSTEMS[system].student_of(piece))
        problem = unfit(student_id)
        return ("", f"{student_id!r} cannot be a student id ({problem})") if problem else (student_id, "")
    student = _anything(roster, piece.label) if system == "folder" else roster.match(**piece.ids)
    return (student.student_id, "") if student else ("", f"nobody in {roster.source} is certain to be meant")


def _anything(roster: Roster, text: str) -> Student | None:
    """Whoever is meant by a folder's name: an id, an address or a name."""
    found = {roster.by_id(text), roster.by_email(text), roster.by_name(text)} - {None}
    return found.pop() if len(found) == 1 else None


def holds(piece: Piece) -> str:
    """What a submission without a notebook has instead."""
    packed = [file.path.name for file in piece.files if file.path.suffix.lower() in ARCHIVES]
    if packed:
        return f"{shown(packed[0])}, an archive, which is not opened; unpack it and put its notebook in place"
    names = [shown(file.path.name) for file in piece.files]
    if not names:
        return "nothing; ask for the notebook"
    return f"only {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}; ask for the notebook"
