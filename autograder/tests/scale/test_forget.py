"""A student is forgotten: nothing of theirs stays, nothing of others goes, and what cannot be reached is said."""

from __future__ import annotations

import fcntl
import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.lms.collect import LOCK
from bnlab_autograder.release.backup import BACKUPS, back_up
from bnlab_autograder.report.forget import GOING, find_traces, forget

from .conftest import STAGE, points

ADA, BOB = "ada.king", "bob"
STEPS = ("folders", "gradebook", "lines", "results", "end")
ROSTER = f'student_id,last_name,first_name\n{BOB},Ross,Bob\n{ADA},King,"Ada\nof Lovelace"\n'
EXTENSIONS = (
    f"student_id;stage;until;days;reason\n{ADA};{STAGE.name};;7;illness\n{BOB};{STAGE.name};;3;{ADA} is ill\n"
)


@pytest.fixture
def used(course, hand_in, pool):
    """A course in which two students have left traces everywhere."""
    workspace = course.workspace
    hand_in(course, ADA, BOB)
    assert len(list(course.grade(STAGE.name, [ADA, BOB], pool))) == 2
    for student in (ADA, BOB):
        for folder in (workspace.feedback, workspace.private / "received"):
            (folder / student / STAGE.name).mkdir(parents=True)
            (folder / student / STAGE.name / "page.html").write_text(student)
    receipts = [{"student_id": student, "sha256": "0" * 64} for student in (ADA, BOB, ADA)]
    (workspace.private / "receipts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in receipts))
    logged = [f"Converting submitted/{student}/{STAGE.name}\n" for student in (ADA, BOB, f"x{ADA}")]
    (workspace.root / ".nbgrader.log").write_text("".join(logged))
    (workspace.root / "roster.csv").write_text(ROSTER)
    (workspace.root / "extensions.csv").write_text(EXTENSIONS)
    return course


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def naming(folder: Path, student: str) -> list[str]:
    """Files that hold a student's id, in their name or in their bytes."""
    files = everything(folder).items()
    return [name for name, raw in files if student in name or student.encode() in raw]


def dumped(course) -> str:
    """The whole gradebook in a server, as text."""
    url = course.workspace.db_url.replace("+psycopg", "")
    return subprocess.run(["pg_dump", "--data-only", url], check=True, capture_output=True, text=True).stdout


def test_nothing_of_the_student_stays_and_nothing_of_others_goes(used, bnlab, pool):
    before = {name: raw for name, raw in everything(used.root).items() if BOB in name}
    (other,) = {used.ledger().result(BOB, STAGE.name)["key"]}
    result = bnlab("forget", ADA, "--yes", "--json", "-C", used.root)
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    jsonschema.validate(said, schemas.load("forget"))
    assert said["done"]
    assert {one["path"] for one in said["folders"]} == {
        f"{top}/{ADA}" for top in ("submitted", "autograded", "feedback", ".bnlab/received")
    }
    assert said["gradebook"]["submitted_assignment"] == said["gradebook"]["bnlab_result"] == 1
    assert said["gradebook"]["bnlab_grade_log"] == len(STAGE.exercises)
    assert said["remaining"] == [{"path": "extensions.csv", "why": "other lines name them; look at it"}]
    assert said["lines"] == {
        "extensions.csv": 1,
        "roster.csv": 2,
        ".nbgrader.log": 1,
        ".bnlab/receipts.jsonl": 2,
    }
    assert (used.root / ".nbgrader.log").read_text().count("Converting") == 2
    (used.root / ".nbgrader.log").unlink()

    assert naming(used.root, ADA) == [
        "extensions.csv"
    ]  # in a reason, which somebody wrote about somebody else
    assert (used.root / "roster.csv").read_text() == f"student_id,last_name,first_name\n{BOB},Ross,Bob\n"
    if "postgresql" in used.workspace.db_url:
        assert BOB in dumped(used)
        assert ADA not in dumped(used)
    assert list(used.store.keys()) == [other]
    assert {name: raw for name, raw in everything(used.root).items() if BOB in name} == before
    assert points(used) == {BOB: STAGE.points}
    (again,) = used.grade(STAGE.name, [BOB], pool)
    assert not again.fresh
    assert bnlab("forget", ADA, "--yes", "-C", used.root).exit_code == 2  # nobody of that name


@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", STEPS)
def test_stopped_at_any_step_it_is_completed_by_the_same_command(used, step, bnlab, pool):
    def stop(reached):
        if reached == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forget(used, find_traces(used, ADA), stop)
    assert points(used)[BOB] == STAGE.points
    result = bnlab("forget", ADA, "--yes", "-C", used.root)
    assert result.exit_code == 0, result.output
    assert sorted(naming(used.root, ADA)) == [
        ".nbgrader.log",
        "extensions.csv",
    ]  # which names somebody like her
    assert not (used.workspace.private / GOING).exists()
    assert len(list(used.store.keys())) == 1


@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
def test_first_it_says_what_there_is_and_asks(used, bnlab):
    report = used.root / "reports" / "00.html"
    report.parent.mkdir()
    report.write_text(f"<td>{ADA}</td>")
    (used.root / "notes.txt").write_text(f"ask {ADA}x and x-{ADA}")  # somebody else
    back_up(used.workspace.db_url, used.workspace.private / BACKUPS, "monday")
    before = everything(used.root)
    for arguments, status in ((["--dry-run"], 0), ([], 1)):  # standard input is empty: no
        result = bnlab("forget", ADA, "-C", used.root, *arguments)
        assert result.exit_code == status, result.output
        said = " ".join(result.output.split())
        assert "gradebook: 1 in submitted_assignment" in said
        assert "reports/00.html: names them" in said
        assert ".bnlab/backups/monday.db: a backup" in said
        assert "notes.txt" not in said
        assert "nbgrader exchange" in said
        assert everything(used.root) == before


@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
def test_it_waits_for_submissions_that_are_being_collected(used, bnlab):
    before = everything(used.root)
    with (used.workspace.private / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = bnlab("forget", ADA, "--yes", "-C", used.root)
    assert result.exit_code == 1
    assert "bnlab collect is at work" in result.stderr
    assert everything(used.root) == {**before, f".bnlab/{LOCK}": b""}


@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["ada.kin", "..", ".", "", "submitted/bob", "Ross"])
def test_who_is_not_there_is_not_forgotten(used, bnlab, name):
    before = everything(used.root)
    result = bnlab("forget", name, "--yes", "-C", used.root)
    assert result.exit_code == 2
    assert everything(used.root) == before
    assert ("Is one of these meant? ada.king" in result.stderr) == (name == "ada.kin")
