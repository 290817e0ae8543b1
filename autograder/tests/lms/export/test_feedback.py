"""Feedback packed for upload: read here as the systems read it, by the names in the zip alone."""

import datetime
import io
import re
import zipfile

import pytest
from bnlab_autograder.lms import ledger
from bnlab_autograder.lms.export_feedback import pack
from bnlab_autograder.lms.ledger import Receipt
from bnlab_autograder.lms.people import people_of

from .conftest import STAGE

NOW = datetime.datetime(2026, 3, 3, tzinfo=datetime.UTC)


def receipt(student, original_name, folder="", source="folder", ids=()):
    return Receipt(
        STAGE.name, student, "0" * 64, NOW, NOW, source, original_name, False, 1, folder, dict(ids)
    )


def as_moodle_reads(name):
    """The participant and the file's name there, of a path in a zip of feedback files; None: Moodle passes it over."""
    parts = name.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) >= 4 and info[1].isdigit() and info[2:4] == ["assignsubmission", "file"]:
            rest = info[4] if len(info) == 5 else ""
            return info[1], "/".join([rest, *parts]).lstrip("/")
    return None


def as_canvas_reads(name):
    """The user and the submitted file, of a name in the zip of submissions."""
    parts = name.split("/")[-1].split("_")
    numbers = [part for part in parts if re.fullmatch(r"\d+", part)][:2]
    return None if len(numbers) < 2 or parts[-1].startswith("link") else tuple(numbers)


@pytest.fixture
def packed(course):
    def make(system, receipts, students=("ada",)):
        pages = {student: f"<p>for {student}</p>".encode() for student in students}
        collected = {one.student_id: one for one in receipts}
        raw, done = pack(pages, system, STAGE.name, collected, people_of(course).as_collected(collected))
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name).decode() for name in archive.namelist()}, done

    return make


@pytest.mark.parametrize(
    ("original_name", "folder"),
    [
        ("my work.ipynb", "Ada Ångström_9001_assignsubmission_file_"),  # Moodle up to 4.0
        ("my work.ipynb", "Ada Ångström_9001_assignsubmission_file"),  # since 4.1
        ("Ada Ångström_9001_assignsubmission_file_my work.ipynb", ""),  # without folders
    ],
)
def test_moodle_finds_the_participant_of_every_page(packed, original_name, folder):
    files, done = packed("moodle", [receipt("ada", original_name, folder, "moodle")])
    assert {as_moodle_reads(name) for name in files} == {("9001", f"{STAGE.name}.html")}
    assert done.written == ["ada"]


def test_moodle_by_the_number_alone(packed):
    files, _ = packed("moodle", [receipt("ada", "x.ipynb", "", "folder", {"moodle_id": "9001"})])
    assert {as_moodle_reads(name) for name in files} == {("9001", f"{STAGE.name}.html")}


@pytest.mark.parametrize(
    "original_name",
    [
        "angstromada_501_88001_01_forward.ipynb",
        "angstromada_LATE_501_88001_01_forward-1.ipynb",
        "angstromada_501_88001_link to 7_8.ipynb",
        "angstrom_ada_501_88001_01_forward.ipynb",
    ],
)
def test_canvas_finds_the_file_that_was_handed_in(packed, original_name):
    """No number of ours gets in the way, though a stage's name has one."""
    files, _ = packed("canvas", [receipt("ada", original_name, "", "canvas")])
    assert {as_canvas_reads(name) for name in files} == {("501", "88001")}
    assert all(name.endswith(".html") for name in files)


def test_who_has_no_name_there_is_listed(packed):
    for system in ("canvas", "moodle"):
        files, done = packed(system, [receipt("ada", "01_forward.ipynb")])
        assert files == {}
        assert done.absent == ["ada"]
        assert f"--from {system}" in done.remarks[0]


def test_otherwise_a_folder_for_each_student(packed):
    files, _ = packed("csv", [], ["ada", "bob"])
    assert files == {f"{name}/{STAGE.name}.html": f"<p>for {name}</p>" for name in ("ada", "bob")}


def test_pages_are_written_anew_before_they_are_packed(bnlab, course, by_hand):
    by_hand(2.5)
    old = course.workspace.feedback / "ada" / STAGE.name / f"{STAGE.name}.html"
    old.parent.mkdir(parents=True)
    old.write_text("an old page")
    ledger.add(course, [receipt("ada", "a_501_88001_x.ipynb", "", "canvas", {"canvas_id": "501"})])
    done = bnlab("export", "01", "--to", "canvas", "--feedback", "--json")
    assert done.exit_code == 1
    assert done.data["absent"] == ["bob", "cem", "dora"]  # collected in another way
    assert done.data["written"] == ["ada"]
    with zipfile.ZipFile(course.root / "exports" / f"{STAGE.name}-feedback-canvas.zip") as archive:
        (name,) = archive.namelist()
        page = archive.read(name).decode()
    assert "an old page" not in page
    assert "2.5" in page
