"""Downloads of each system, in their form: everybody's notebook gets to its place."""

import datetime

import pytest
from bnlab_autograder.lms.archive import DownloadProblem
from bnlab_autograder.lms.collect import CollectProblem
from bnlab_autograder.lms.downloads import read_worksheet
from bnlab_autograder.lms.ledger import receipts
from bnlab_autograder.lms.roster import read_roster

from .. import archives
from .conftest import NOTEBOOK, OTHER, STAGE, person, work


def statuses(done):
    return {item.student or item.name: item.status for item in done.items}


def codes(done):
    return [one.code for item in done.items for one in item.findings] + [one.code for one in done.findings]


EVERYBODY = ("ada", "zoe", "nico")


def files_of(system, people):
    return {
        "canvas": archives.canvas_files,
        "moodle": archives.moodle_files,
        "moodle-4.1": lambda people: archives.moodle_files(people, underscore=False),
        "moodle-flat": lambda people: archives.moodle_files(people, folders=False),
        "gradescope": archives.gradescope_files,
        "folder": lambda people: {
            f"{one.name}/{file}": raw for one in people for file, raw in one.files.items()
        },
    }[system](people)


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "folder"])
@pytest.mark.parametrize("system", ["canvas", "moodle", "moodle-4.1", "moodle-flat", "gradescope", "folder"])
def test_everybody_gets_to_their_place(collect, handed_in, tmp_path, system, packed):
    """Names with accents, spaces, apostrophes and hyphens; a file with spaces in its name."""
    people = [person("ada"), person("zoe"), person("nico", {"My work (final).ipynb": work("nico")})]
    files = files_of(system, people)
    source = (
        archives.write_zip(tmp_path / "download.zip", files)
        if packed
        else archives.unpacked(tmp_path / "download", files)
    )
    done = collect(source, system.partition("-")[0])
    assert statuses(done) == dict.fromkeys(EVERYBODY, "new")
    assert done.complete
    assert {student: handed_in(student) for student in EVERYBODY} == {
        student: work(student) for student in EVERYBODY
    }


@pytest.mark.parametrize("system", ["canvas", "moodle", "gradescope", "folder"])
def test_who_is_not_certain_is_listed_and_not_guessed(collect, course, tmp_path, system):
    """A stranger, and one of two of the same name, of whom only an address could tell which."""
    people = [person("ada"), person("eve"), person("ann1", user=777, email="", sid="")]
    done = collect(archives.write_zip(tmp_path / "a.zip", files_of(system, people)), system)
    assert course.workspace.students() == ["ada"]
    assert codes(done) == ["unmatched", "unmatched"]
    assert not done.complete
    assert all("roster.csv and collect again" in item.findings[0].text for item in done.of("left"))


def test_another_with_the_same_name_is_not_taken_for_a_student(collect, course, tmp_path):
    """Canvas' number says that it is somebody else."""
    done = collect(archives.canvas(tmp_path / "a.zip", [person("ada", user=999)]), "canvas")
    assert codes(done) == ["unmatched"]
    assert not course.workspace.students()


def test_without_a_roster_it_is_said_what_identifies(collect, course, tmp_path):
    ada = person("ada")
    expected = {
        "canvas": ("501", "Canvas' number"),
        "gradescope": ("ada@uni.edu", "email"),
        "folder": (ada.name, "name"),
    }
    for system, (student, words) in expected.items():
        done = collect(
            archives.write_zip(tmp_path / f"{system}.zip", files_of(system, [ada])), system, roster=None
        )
        assert statuses(done) == {student: "new"}
        assert words in done.identity
    with pytest.raises(CollectProblem, match="one assignment only; say who is who with --roster"):
        collect(archives.moodle(tmp_path / "moodle.zip", [ada]), "moodle", roster=None)


def test_canvas_late_and_uploaded_again(collect, course, handed_in, tmp_path):
    """Canvas names a second upload NAME-1; the newest file counts, the other is kept."""
    again = {"x.ipynb": work("first"), "x-1.ipynb": work("second")}
    done = collect(archives.canvas(tmp_path / "a.zip", [person("ada", again, late=True)]), "canvas")
    (item,) = done.items
    assert item.late
    assert handed_in("ada") == work("second")
    (aside,) = item.kept_aside
    assert (course.root / aside / NOTEBOOK).read_bytes() == work("first")
    receipt = receipts(course, STAGE)["ada"]
    assert (receipt.late, receipt.attempt, receipt.number) == (True, 2, "5011")
    assert receipt.original_name == "lovelaceada_LATE_501_5011_x-1.ipynb"
    stamp = (course.workspace.submitted / "ada" / STAGE / "timestamp.txt").read_text()
    moment = datetime.datetime(*archives.DOWNLOADED).astimezone(datetime.UTC)
    assert stamp.startswith(f"{moment:%Y-%m-%d %H:%M:%S}"), (
        "late is late: the time of the download, which is no earlier"
    )
    assert "time-unknown" in codes(done)


def test_canvas_in_time_has_no_time(collect, course, tmp_path):
    """Canvas does not tell when; the time at which the zip was made must not make anybody late."""
    collect(archives.canvas(tmp_path / "a.zip", [person("ada")]), "canvas")
    assert not (course.workspace.submitted / "ada" / STAGE / "timestamp.txt").exists()


def test_canvas_what_is_no_file(collect, tmp_path):
    files = {
        "lovelaceada_501_text.html": b"<p>here",
        "garcialopezzoe_502_link.html": b"<a>",
        "anon_xY12z_77_work.ipynb": work(),
        "LATE_anon_xY12z_77_work.ipynb": work(),
    }
    done = collect(archives.write_zip(tmp_path / "a.zip", files), "canvas")
    assert sorted(codes(done)) == ["no-notebook", "no-notebook", "unmatched", "unmatched"]


def test_moodle_times_come_with_the_worksheet(collect, course, tmp_path):
    """The roster knows nothing of Moodle's numbers: the addresses of the worksheet lead to the students."""
    people = [person("ada"), person("ann1", user=777)]
    sheet = archives.moodle_worksheet(tmp_path / "g.csv", people, {501: "Monday, 2 March 2026, 11:59 PM"})
    done = collect(archives.moodle(tmp_path / "a.zip", people), "moodle", worksheet=read_worksheet(sheet))
    assert statuses(done) == {"ada": "new", "ann1": "new"}
    stamp = (course.workspace.submitted / "ada" / STAGE / "timestamp.txt").read_text()
    when = datetime.datetime(2026, 3, 2, 23, 59).astimezone(datetime.UTC)
    assert stamp == f"{when:%Y-%m-%d %H:%M:%S.%f} UTC\n"
    assert read_roster(sheet).students[0].moodle_id == "501"


def test_moodle_texts_and_groups(collect, tmp_path):
    files = archives.moodle_files([person("ada")])
    files["Ada Lovelace_501_assignsubmission_onlinetext_/onlinetext.html"] = b"<p>hello"
    files["Group 4_12_assignsubmission_file_/x.ipynb"] = work()
    done = collect(archives.write_zip(tmp_path / "a.zip", files), "moodle")
    assert statuses(done)["ada"] == "new"
    assert codes(done) == ["unmatched"]


def test_gradescope_groups_times_and_attempts(collect, course, handed_in, tmp_path):
    ada = person("ada", others=(person("zoe"),), history=("2026-02-01 10:00:00 Z", "2026-02-02 10:00:00 Z"))
    done = collect(archives.gradescope(tmp_path / "a.zip", [ada]), "gradescope")
    assert handed_in("ada") == handed_in("zoe") == work("ada")
    given = receipts(course, STAGE)
    assert {given[one].attempt for one in ("ada", "zoe")} == {3}
    assert given["ada"].submitted_at.isoformat() == "2026-03-01T12:00:00.123456+00:00"
    assert given["ada"].folder == "submission_501"
    assert {item.student for item in done.items} == {"ada", "zoe"}


def test_gradescope_needs_its_metadata(collect, tmp_path):
    with pytest.raises(DownloadProblem, match=r"has no submission_metadata\.yml"):
        collect(archives.write_zip(tmp_path / "a.zip", {"submission_1/x.ipynb": work()}), "gradescope")
    broken = {"submission_metadata.yml": b"a: [1", "submission_1/x.ipynb": work()}
    with pytest.raises(DownloadProblem, match="cannot be read"):
        collect(archives.write_zip(tmp_path / "b.zip", broken), "gradescope")
    unsafe = {"submission_metadata.yml": b"!!python/object/apply:os.system ['true']"}
    with pytest.raises(DownloadProblem, match="cannot be read"):
        collect(archives.write_zip(tmp_path / "c.zip", unsafe), "gradescope")


def test_plain_folders_in_all_their_forms(collect, course, handed_in, tmp_path):
    """By id, by name, by address; a file alone; with a folder of the stage, whose time is known."""
    files = {
        "class/ada/x.ipynb": work("ada"),
        f"class/zoe@uni.edu/{STAGE}/{NOTEBOOK}": work("zoe"),
        f"class/zoe@uni.edu/{STAGE}/timestamp.txt": b"2026-03-01 10:00:00.5 UTC",
        f"class/zoe@uni.edu/{OTHER}/{OTHER}.ipynb": work("other", stage=OTHER),
        "class/O'Brien-Smith, Nicolás/x.ipynb": work("nico"),
    }
    done = collect(archives.write_zip(tmp_path / "a.zip", files), "folder")
    assert statuses(done) == {"ada": "new", "zoe": "new", "nico": "new"}
    assert handed_in("zoe") == work("zoe")
    assert receipts(course, STAGE)["zoe"].submitted_at.isoformat() == "2026-03-01T10:00:00.500000+00:00"
    alone = archives.unpacked(tmp_path / "alone", {"ann1.ipynb": work("ann1"), "README.txt": b"!"})
    assert statuses(collect(alone, "folder")) == {"ann1": "new"}


def test_one_student_in_a_folder_is_not_taken_for_a_wrapper(collect, tmp_path):
    done = collect(archives.unpacked(tmp_path / "in", {"ada/work/x.ipynb": work()}), "folder", roster=None)
    assert statuses(done) == {"ada": "new"}
