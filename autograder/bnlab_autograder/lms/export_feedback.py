"""Pages of feedback, packed under the names by which a learning-management system knows submissions.

Moodle takes a zip of "feedback files" whose folders, or file names, begin as those of its own download:
``Full Name_PARTICIPANT_assignsubmission_file``. Canvas takes the zip of submissions back and reads nothing of a name
but its first two numbers, those of the user and of the submitted file; it shows the page under the name of that file.
For everything else there is a folder per student.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from bnlab_autograder.lms.downloads import CANVAS
from bnlab_autograder.lms.export import Exported
from bnlab_autograder.lms.people import People
from bnlab_autograder.lms.roster import Student

if TYPE_CHECKING:
    from bnlab_autograder.lms.ledger import Receipt

EARLIEST = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
PAGE = "feedback.html"  # no number in it, nor "link", which Canvas would read

_MOODLE = re.compile(r"(?P<prefix>[^/]*?_(?P<id>\d+)_assignsubmission_[a-z]+)(?P<rest>_?.*)")


def pack(
    pages: Mapping[str, bytes],
    system: str,
    stage: str,
    receipts: Mapping[str, Receipt],
    people: People,
) -> tuple[bytes, Exported]:
    """A zip of feedback ``pages`` (by student) for ``canvas``, ``moodle``, or anything else, and whom it lacks."""
    done, files = Exported(), {}
    for name, page in sorted(pages.items()):
        student = people.students.get(name) or Student(name)
        place = _place(system, stage, student, receipts.get(name))
        if place is None:
            done.absent.append(name)
            continue
        if place in files:
            done.remarks.append(f"{name} has the same place in the zip as another student: {place}")
            done.absent.append(name)
            continue
        files[place] = page
        done.written.append(name)
    if done.absent and system in ("canvas", "moodle"):
        done.remarks.append(
            f"for {len(done.absent)} there is no name that {system.title()} knows; it comes with the download: "
            f"bnlab collect {stage} ARCHIVE --from {system}"
        )
    return zipped(files), done


def _place(system: str, stage: str, student: Student, receipt: Receipt | None) -> str | None:
    """Where the page of a student lies in the zip; None where nothing tells."""
    names = [name for name in (receipt.folder, receipt.original_name) if name] if receipt else []
    names = [PurePosixPath(name).name for name in names]
    if system == "canvas":
        found = next(filter(None, (CANVAS.fullmatch(name) for name in names)), None)
        return f"{found.string[: found.end('file')]}_{PAGE}" if found else None
    if system == "moodle":
        found = next(filter(None, (_MOODLE.fullmatch(name) for name in names)), None)
        if found:
            in_folder = found["rest"] in ("", "_")
            return f"{found[0]}/{stage}.html" if in_folder else f"{found['prefix']}_{stage}.html"
        if student.moodle_id:
            name = (student.name or student.student_id).replace("_", " ")
            return f"{name}_{student.moodle_id}_assignsubmission_file_/{stage}.html"
        return None
    return f"{student.student_id}/{stage}.html"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr, entry.create_system = READABLE, 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, raw)
    return buffer.getvalue()


def pages_of(folder: Path, stage: str, students: Iterable[str]) -> dict[str, bytes]:
    """The pages that are there, by student."""
    paths = {student: folder / student / stage / f"{stage}.html" for student in students}
    return {student: path.read_bytes() for student, path in paths.items() if path.is_file()}
