"""Downloads of submissions in the exact form in which learning-management systems make them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DOWNLOADED = (2026, 3, 9, 8, 30, 0)  # the date that entries get where a system packs on demand


@dataclass(frozen=True)
class HandedIn:
    """A student as the systems know one, and the files of a submission."""

    first: str
    last: str
    files: Mapping[str, bytes]
    user: int = 0  # Canvas' id, Moodle's number of the participant, Gradescope's of the submission
    first_file: int = 0  # Canvas' id of the first file
    late: bool = False
    email: str = ""
    sid: str = ""
    created: str = "2026-03-01 12:00:00.123456000 Z"
    history: tuple[str, ...] = ()  # of Gradescope: when the earlier submissions came
    others: tuple[HandedIn, ...] = field(default=())  # who handed in with them

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def notebook(stage: str, text: str = "x = 1", grade_ids: Iterable[str] = (), marked: bool = True) -> bytes:
    """A notebook of a stage, as a student hands it in. Without ``marked`` the release has left no name in it."""
    cells = [
        {
            "cell_type": "code",
            "metadata": {"nbgrader": {"grade_id": grade_id, "solution": True}},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for grade_id in (*grade_ids, "setup")
    ]
    about = {"bnlab": {"stage": stage, "version": "1.0.0"}} if marked else {}
    data = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data).encode()


def write_zip(
    path: Path, files: Mapping[str, bytes] | Iterable[tuple[str, bytes]], when: tuple = DOWNLOADED
) -> Path:
    """A zip with these files in this order; a name may come twice."""
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in pairs:
            archive.writestr(zipfile.ZipInfo(name, when), raw, zipfile.ZIP_DEFLATED)
    return path


def canvas_files(students: Iterable[HandedIn]) -> dict[str, bytes]:
    """Sortable name in lower case without anything but letters, digits and underscores; then the numbers."""
    files = {}
    for one in students:
        name = "".join(
            letter for letter in f"{one.last}, {one.first}".lower() if letter.isalnum() or letter == "_"
        )
        late = "_LATE" if one.late else ""
        for number, (file, raw) in enumerate(one.files.items(), start=one.first_file or 10 * one.user):
            files[f"{name}{late}_{one.user}_{number}_{file}"] = raw
    return files


def canvas(path: Path, students: Iterable[HandedIn]) -> Path:
    """``submissions.zip``"""
    return write_zip(path, canvas_files(students))


def moodle_files(
    students: Iterable[HandedIn], folders: bool = True, underscore: bool = True
) -> dict[str, bytes]:
    """A folder per student, whose name ends in an underscore up to Moodle 4.0; or all files in one."""
    files = {}
    for one in students:
        prefix = f"{one.name.replace('_', ' ')}_{one.user}_assignsubmission_file"
        for file, raw in one.files.items():
            place = f"{prefix}{'_' if underscore else ''}/{file}" if folders else f"{prefix}_{file}"
            files[place] = raw
    return files


def moodle(path: Path, students: Iterable[HandedIn], **form: bool) -> Path:
    """``COURSE-ASSIGNMENT-NUMBER.zip``"""
    return write_zip(path, moodle_files(students, **form))


def moodle_worksheet(path: Path, students: Iterable[HandedIn], times: Mapping[int, str]) -> Path:
    """``Grades-COURSE-ASSIGNMENT.csv``; ``times`` are as Moodle writes them, by the participant's number."""
    lines = [
        '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
        '"Last modified (submission)","Last modified (grade)","Feedback comments"'
    ]
    lines += [
        f'"Participant {one.user}","{one.name}",{one.email},"Submitted for grading",,100.00,Yes,'
        f'"{times.get(one.user, "-")}",-,'
        for one in students
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def gradescope_files(students: Iterable[HandedIn], root: str = "assignment_9100_export/") -> dict[str, bytes]:
    """A folder per submission, and what Ruby writes about them all, symbols with their colons."""
    about: dict[str, Any] = {}
    files = {}
    for one in students:
        key = f"submission_{one.user}"
        about[key] = {
            ":submitters": [
                {":name": who.name, ":sid": who.sid, ":email": who.email} for who in (one, *one.others)
            ],
            ":created_at": "CREATED " + one.created,
            ":score": 0.0,
            ":status": "processed",
            ":history": [
                {":id": number, ":created_at": "CREATED " + when} for number, when in enumerate(one.history)
            ],
        }
        files |= {f"{root}{key}/{file}": raw for file, raw in one.files.items()}
    text = yaml.safe_dump(about, allow_unicode=True, sort_keys=False).replace("CREATED ", "")
    return {f"{root}submission_metadata.yml": ("---\n" + text).encode(), **files}


def gradescope(path: Path, students: Iterable[HandedIn], **form: str) -> Path:
    """``assignment_NUMBER_export.zip``"""
    return write_zip(path, gradescope_files(students, **form))


def unpacked(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The same as a folder."""
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return folder
