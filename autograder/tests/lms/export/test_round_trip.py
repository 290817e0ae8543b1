"""From a download to grades and feedback and back: the same people under the same names, with the points they earned.

Ids and names are only those of the download and of the table that the system exports; there is no roster file.
"""

import csv
import dataclasses
import io
import json
import shutil
import subprocess
import sys
import zipfile

import pytest
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LazyPool
from bnlab_autograder.workspace import Workspace

from .. import archives
from ..archives import HandedIn
from .conftest import STAGE
from .test_feedback import as_canvas_reads, as_moodle_reads

# Nobody's notebook is executed: what they hand in was graded when the class was made.
PEOPLE = {
    "ada": ("Zoë", "Ångström", 501),
    "bob": ("Nicolás", "O'Brien-Smith", 502),
    "cem": ("Ann", "Lee", 503),
}
FILE = "my work (1).ipynb"  # students call it as they like


@pytest.fixture
def course(blank, master, tmp_path):
    """A fresh copy of the course folder in which nobody has handed in; results of what will be are in its store."""
    folder = tmp_path / "course"
    shutil.copytree(blank.root, folder)
    workspace = Workspace(folder)
    shutil.copytree(master.results, workspace.results, dirs_exist_ok=True)
    return Course(workspace)


@pytest.fixture
def handed_in(master):
    """The people, with notebooks of the class."""
    work = {one: master.submitted / one / STAGE.name / f"{STAGE.name}.ipynb" for one in PEOPLE}
    return [
        HandedIn(
            first, last, {FILE: work[who].read_bytes()}, user, email=f"{user}@uni.example", sid=f"s{user}"
        )
        for who, (first, last, user) in PEOPLE.items()
    ]


@pytest.fixture
def graded(bnlab, course, by_hand):
    """Collect, grade, give points by hand."""

    def run(system, archive, *options):
        done = bnlab("collect", "01", archive, "--from", system, *options)
        assert done.exit_code == 0, done.output
        pool = LazyPool(lambda: pytest.fail("this was graded before"))
        list(course.grade(STAGE.name, course.students(STAGE.name), pool))
        by_hand(2.5)

    return run


def points_of(bnlab, system, *options):
    done = bnlab("export", "01", "--to", system, "--json", *options)
    assert done.data is not None, done.output
    assert done.exit_code == 0, done.output
    return done.data


def earned(data):
    """Points in the order of the people: the reference, the known mistake, nothing."""
    return sorted((one["points"] for one in data["grades"]), reverse=True)


def read(course, name):
    text = (course.root / "exports" / name).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def packed(course, name):
    with zipfile.ZipFile(course.root / "exports" / name) as archive:
        return {entry: archive.read(entry).decode("utf-8") for entry in archive.namelist()}


def test_canvas(bnlab, course, handed_in, graded, tmp_path):
    gradebook = tmp_path / "gradebook.csv"
    rows = [f'"{one.last}, {one.first}",{one.user},S{one.user},l{one.user},A,' for one in handed_in]
    header = "Student,ID,SIS User ID,SIS Login ID,Section,01_forward (4711)"
    text = "\n".join([header, "    Points Possible,,,,,15.00", *rows]) + "\n"
    gradebook.write_text(text, encoding="utf-8")
    archive = archives.canvas(tmp_path / "submissions.zip", handed_in)
    shutil.copy(gradebook, course.root / "roster.csv")
    graded("canvas", archive)
    data = points_of(bnlab, "canvas", "--template", gradebook, "--feedback")
    assert data["absent"] == data["unknown"] == []
    got = {row[1]: float(row[5]) for row in read(course, f"{STAGE.name}-canvas.csv")[2:]}
    assert [got[str(one.user)] for one in handed_in] == earned(data)
    assert got["501"] == 14.5
    with zipfile.ZipFile(archive) as download:
        expected = {as_canvas_reads(name) for name in download.namelist()}
    assert {as_canvas_reads(name) for name in packed(course, f"{STAGE.name}-feedback-canvas.zip")} == expected


@pytest.mark.parametrize("form", [{}, {"underscore": False}, {"folders": False}])
def test_moodle(bnlab, course, handed_in, graded, tmp_path, form):
    archive = archives.moodle(tmp_path / "moodle.zip", handed_in, **form)
    worksheet = archives.moodle_worksheet(tmp_path / "Grades.csv", handed_in, {})
    shutil.copy(worksheet, course.root / "roster.csv")
    graded("moodle", archive, "--worksheet", worksheet)
    data = points_of(bnlab, "moodle", "--template", worksheet, "--feedback", "--scale")  # Moodle's 100 points
    assert data["absent"] == data["unknown"] == []
    got = {row[0]: float(row[4]) for row in read(course, f"{STAGE.name}-moodle.csv")[1:]}
    expected = [round(points * 100 / 15, 2) for points in earned(data)]
    assert [got[f"Participant {one.user}"] for one in handed_in] == pytest.approx(expected)
    pages = packed(course, f"{STAGE.name}-feedback-moodle.zip")
    assert {as_moodle_reads(name)[0] for name in pages} == {"501", "502", "503"}
    with zipfile.ZipFile(archive) as download:
        folders = {name.split("_assignsubmission_file")[0] for name in download.namelist()}
    assert {name.split("_assignsubmission_file")[0] for name in pages} == folders


def test_gradescope(bnlab, course, handed_in, graded, tmp_path):
    graded("gradescope", archives.gradescope(tmp_path / "export.zip", handed_in))
    data = points_of(bnlab, "gradescope")
    got = []
    for one in handed_in:
        top = tmp_path / one.last
        folder = course.root / "exports" / f"{STAGE.name}-gradescope"
        zipfile.ZipFile(folder / "autograder.zip").extractall(top / "source")
        about = {"id": one.user, "users": [{"email": one.email, "id": 7, "name": one.name}]}
        (top / "submission_metadata.json").write_text(json.dumps(about))
        archives.unpacked(top / "submission", one.files)
        subprocess.run([sys.executable, top / "source" / "run_autograder", top], check=True)
        got.append(json.loads((top / "results" / "results.json").read_text())["score"])
    assert got == earned(data)
    assert got[0] == 14.5


def test_what_comes_in_place_of_a_submission_is_graded(bnlab, course, handed_in, graded, tmp_path):
    graded("canvas", archives.canvas(tmp_path / "monday.zip", handed_in))
    before = {one["student"]: one["points"] for one in points_of(bnlab, "csv")["grades"]}
    first, last = handed_in[0], handed_in[-1]
    better = dataclasses.replace(last, files=first.files, first_file=9_000_000)
    graded("canvas", archives.canvas(tmp_path / "friday.zip", [better]))
    after = {one["student"]: one["points"] for one in points_of(bnlab, "csv")["grades"]}
    who = str(last.user)
    assert after == {**before, who: before[str(first.user)]}
    assert after[who] > before[who]
