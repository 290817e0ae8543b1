"""`bnlab collect` and `bnlab receipts` as people and scripts use them."""

import hashlib
import subprocess
import time

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.lms.ledger import receipts

from .. import archives
from .conftest import NOTEBOOK, STAGE, person, work


@pytest.fixture
def archive(tmp_path):
    return archives.canvas(
        tmp_path / "submissions.zip", [person("ada", late=True), person("zoe"), person("eve")]
    )


def test_collect_as_json(bnlab, archive):
    result = bnlab("collect", "02", archive, "--from", "canvas", "--json")
    assert result.exit_code == 1, "somebody is unmatched"
    jsonschema.validate(result.json, schemas.load("collect"))
    assert {(one["student"], one["status"]) for one in result.json["items"]} == {
        ("ada", "new"),
        ("zoe", "new"),
        (None, "left"),
    }


def test_collect_for_people(bnlab, archive):
    trial = bnlab("collect", "02", archive, "--from", "canvas", "--dry-run")
    assert "Nothing is changed; it would be: 2 new, 1 not taken, 1 late" in trial.stdout
    result = bnlab("collect", "02", archive, "--from", "canvas")
    text = " ".join(result.stdout.split())
    assert "2 new, 1 not taken, 1 late" in text
    assert "nobodyeve (canvas_id 666): nobody in" in text
    assert f"Next: bnlab grade {STAGE}" in text
    assert "identified by the student_id of" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["collect", "02", "nothing.zip", "--from", "canvas"], "there is no nothing.zip"),
        (["collect", "77", "nothing.zip", "--from", "canvas"], "there is no stage '77'"),
        (["collect", "02", "nothing.zip", "--from", "email"], "Invalid value for '--from'"),
        (["collect", "02", "x.zip", "--from", "canvas", "--roster", "none.csv"], "none.csv cannot be read"),
        (["collect", "02", "x.zip", "--from", "canvas", "--worksheet", "w.csv"], "--from moodle"),
        (["receipts", "02"], "there is no receipt of anybody"),
    ],
)
def test_wrong_use_ends_with_two(bnlab, arguments, words):
    result = bnlab(*arguments)
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.stderr.split())


def test_the_folder_of_submissions_is_no_download(bnlab, course):
    result = bnlab("collect", "02", course.workspace.submitted, "--from", "folder")
    assert result.exit_code == 2
    assert "collected already" in " ".join(result.stderr.split())


def test_a_receipt_can_be_checked_with_what_every_system_has(bnlab, archive, tmp_path):
    """The digest is that of the file as the student has it."""
    bnlab("collect", "02", archive, "--from", "canvas")
    mine = tmp_path / "mine.ipynb"
    mine.write_bytes(work("ada"))
    digest = subprocess.run(["sha256sum", mine], capture_output=True, text=True, check=True).stdout.split()[0]
    text = bnlab("receipts", "02", "--student", "ada").stdout
    assert f"SHA-256      {digest}" in text
    assert "sha256sum 02_train_test.ipynb" in text
    assert "late" in text
    assert "zoe" not in text


def test_receipts_for_everybody(bnlab, archive, tmp_path):
    bnlab("collect", "02", archive, "--from", "canvas")
    out = tmp_path / "receipts"
    result = bnlab("receipts", "02", "--out", out, "--json")
    assert result.exit_code == 0
    jsonschema.validate(result.json, schemas.load("receipts"))
    assert sorted(path.name for path in out.iterdir()) == ["ada.txt", "zoe.txt"]
    assert {one["sha256"] for one in result.json["receipts"]} == {
        hashlib.sha256(work(student)).hexdigest() for student in ("ada", "zoe")
    }
    table = bnlab("receipts", "02").stdout
    assert "ada" in table
    assert hashlib.sha256(work("ada")).hexdigest()[:8] in table


def test_every_receipt_is_shown_on_request(bnlab, tmp_path):
    again = {"x.ipynb": work("first"), "x-1.ipynb": work("second")}
    bnlab("collect", "02", archives.canvas(tmp_path / "a.zip", [person("ada", again)]), "--from", "canvas")
    newest, every = (bnlab("receipts", "02", "--json", *more).json["receipts"] for more in ([], ["--every"]))
    assert [one["counts"] for one in newest] == [True]
    assert [(one["attempt"], one["counts"]) for one in every] == [(1, False), (2, True)]
    assert bnlab("receipts", "02", "-s", "nobody").exit_code == 2


def test_three_hundred_students_take_seconds(course, bnlab, tmp_path):
    """With notebooks that hardly shrink."""
    lines, people = ["student_id,first_name,last_name,canvas_id"], []
    plot = hashlib.shake_256(b"plot").hexdigest(5_000)
    for number in range(300):
        lines.append(f"s{number},Ána{number},Núñez,{1000 + number}")
        raw = work(f"{number} {plot}")
        people.append(archives.HandedIn(f"Ána{number}", "Núñez", {NOTEBOOK: raw}, user=1000 + number))
    (course.root / "roster.csv").write_text("\n".join(lines))
    archive = archives.canvas(tmp_path / "a.zip", people)
    began = time.process_time()
    result = bnlab("collect", "02", archive, "--from", "canvas")
    assert time.process_time() - began < 5
    assert "300 new" in result.stdout
    assert len(result.stdout.splitlines()) < 10, "nothing to say about so many"
    assert len(receipts(course, STAGE)) == 300
